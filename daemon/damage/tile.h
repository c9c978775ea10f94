#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "damage/compare.h"

// The innermost loop: a tile of a row, compared and copied in one pass over the memory. To be compiled once
// for each instruction set, by inlining.
namespace hvfbd {

#ifdef HVFBD_STORE_MEANWHILE
// Of a test that is compiled with this file: a store that lands between the comparison and the copy.
void store_meanwhile();
#else
inline void store_meanwhile() {}
#endif

using Pixel = std::uint32_t;
inline constexpr std::int32_t tile_pixels = 64;

// Of a tile: the first pixel that differed and the one behind the last; none if they are equal.
struct Difference {
    std::int32_t first = 0, past = 0;  // mutants: whatever is not past its first is none
    explicit operator bool() const { return first < past; }
};

// `taken` is what the source held, `target` what is to become the same.
[[gnu::always_inline]] inline Difference trim(const Pixel* taken, const Pixel* target, std::int32_t count) {
    Difference difference{0, count};
    while (difference.first < count && taken[difference.first] == target[difference.first])
        ++difference.first;
    // mutants: where no pixel differs, past may be before first.
    while (difference.past > difference.first && taken[difference.past - 1] == target[difference.past - 1])
        --difference.past;
    return difference;
}

// Copies what differs of a tile of `count` pixels at most tile_pixels. Another process may store into source
// at any time: it is read once, and what was compared is what is copied, so that nothing reaches target that
// was not found to differ.
[[gnu::always_inline]] inline Difference copy_part_of_tile(const Pixel* source, Pixel* target,
                                                           std::int32_t count) {
    Pixel taken[tile_pixels];
    std::size_t bytes = static_cast<std::size_t>(count) * sizeof(Pixel);
    std::memcpy(taken, source, bytes);
    // Or the compiler may read source again instead of keeping what it read.
    asm volatile("" ::: "memory");
    Difference difference = trim(taken, target, count);
    if (!difference) return {};
    store_meanwhile();
    std::memcpy(target, taken, bytes);
    return difference;
}

[[gnu::always_inline]] inline Difference copy_whole_tile(const Pixel* source, Pixel* target) {
    // A wide register, or two of 16 bytes where there are no wider ones.
    typedef std::uint64_t Wide __attribute__((vector_size(32)));  // NOLINT(modernize-use-using)
    constexpr std::ptrdiff_t pixels = sizeof(Wide) / sizeof(Pixel), wides = tile_pixels / pixels;
    // By memcpy, for the pixels lie at any multiple of 4.
    Wide taken[wides];
#pragma GCC unroll 8
    for (std::ptrdiff_t i = 0; i < wides; ++i) std::memcpy(&taken[i], source + i * pixels, sizeof(Wide));
    asm volatile("" ::: "memory");
    Wide different{};
#pragma GCC unroll 8
    for (std::ptrdiff_t i = 0; i < wides; ++i) {
        Wide old;
        std::memcpy(&old, target + i * pixels, sizeof(Wide));
        different |= taken[i] ^ old;
    }
    if ((different[0] | different[1] | different[2] | different[3]) == 0) return {};
    Pixel pixels_taken[tile_pixels];
    std::memcpy(pixels_taken, taken, sizeof taken);
    Difference difference = trim(pixels_taken, target, tile_pixels);
    store_meanwhile();
#pragma GCC unroll 8
    for (std::ptrdiff_t i = 0; i < wides; ++i) std::memcpy(target + i * pixels, &taken[i], sizeof(Wide));
    return difference;
}

}  // namespace hvfbd
