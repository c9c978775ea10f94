#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "output/hyperv/ring.h"

namespace hvfbd::hyperv {

inline constexpr std::size_t page = 4096;

// A ring as it lies in memory, with the eyes and hands of the side that is not tested.
struct RawRing {
    explicit RawRing(std::size_t data_size) : bytes(page + data_size) { field(64) = 1; }
    std::uint32_t& field(std::size_t offset) {
        return *reinterpret_cast<std::uint32_t*>(bytes.data() + offset);
    }
    std::uint32_t& write_index() { return field(0); }
    std::uint32_t& read_index() { return field(4); }
    std::uint32_t& mask() { return field(8); }
    std::uint32_t& pending() { return field(12); }
    std::byte at(std::size_t offset) { return bytes[page + offset % (bytes.size() - page)]; }
    void put(std::size_t offset, std::initializer_list<int> values) {
        for (int value : values)
            bytes[page + offset++ % (bytes.size() - page)] = static_cast<std::byte>(value);
    }
    RingMemory memory() { return {bytes, page}; }
    std::vector<std::byte> bytes;
};

inline std::vector<std::byte> payload(std::size_t size, unsigned seed = 1) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + seed);
    return bytes;
}

}  // namespace hvfbd::hyperv
