#pragma once

#include <cstring>
#include <vector>

#include "run/caller_memory.h"

// A caller with memory of its own, in which an address is no pointer of this process.
class Caller {
  public:
    static constexpr std::uint64_t nowhere = 8;

    explicit Caller(std::size_t size = 4096) : bytes_(size) {}

    template <typename Value>
    std::uint64_t put(const Value& value, std::size_t offset = 0) {
        std::memcpy(bytes_.data() + offset, &value, sizeof value);
        return base + offset;
    }
    template <typename Value>
    Value get(std::size_t offset = 0) const {
        Value value;
        std::memcpy(&value, bytes_.data() + offset, sizeof value);
        return value;
    }
    std::uint64_t at(std::size_t offset) const { return base + offset; }

    fbdev::CallerMemory memory() {
        return {this,
                [](void* context, std::uint64_t from, void* to, std::size_t size) {
                    std::byte* const there = static_cast<Caller*>(context)->find(from, size);
                    if (there) std::memcpy(to, there, size);
                    return there != nullptr;
                },
                [](void* context, std::uint64_t to, const void* from, std::size_t size) {
                    std::byte* const there = static_cast<Caller*>(context)->find(to, size);
                    if (there) std::memcpy(there, from, size);
                    return there != nullptr;
                }};
    }

  private:
    static constexpr std::uint64_t base = 0x10000;

    std::byte* find(std::uint64_t address, std::size_t size) {
        if (address < base || address - base > bytes_.size() || bytes_.size() - (address - base) < size)
            return nullptr;
        return bytes_.data() + (address - base);
    }

    std::vector<std::byte> bytes_;
};
