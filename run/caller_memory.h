#pragma once

#include <cstddef>
#include <cstdint>

namespace fbdev {

// The memory of whoever made a system call: this process's, or another's. Each copies all or returns false,
// for which the caller gets EFAULT.
struct CallerMemory {
    void* context;
    bool (*read)(void* context, std::uint64_t from, void* to, std::size_t size);
    bool (*write)(void* context, std::uint64_t to, const void* from, std::size_t size);
    bool narrow = false;  // its addresses and longs have 32 bits, where this process's have 64

    template <typename Value>
    bool get(std::uint64_t from, Value& value) const {
        return read(context, from, &value, sizeof value);
    }
    template <typename Value>
    bool put(std::uint64_t to, const Value& value) const {
        return write(context, to, &value, sizeof value);
    }
};

}  // namespace fbdev
