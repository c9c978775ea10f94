#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hvfbd::bench {

// A part of the picture, in pixels.
struct Box {
    int x = 0, y = 0, width = 0, height = 0;
};

// Borrowed pixels, XRGB8888; the stride is in pixels.
struct Canvas {
    std::uint32_t* pixels = nullptr;
    int width = 0, height = 0, stride = 0;

    std::uint32_t* at(int x, int y) const { return pixels + static_cast<std::ptrdiff_t>(y) * stride + x; }
    std::size_t bytes() const { return std::size_t{4} * static_cast<std::size_t>(stride * height); }
    void fill(Box box, std::uint32_t pixel) const;
    // A letter-like dot pattern of 8 by 16, chosen by `shape`.
    void glyph(int x, int y, unsigned shape, std::uint32_t ink) const;
    // A line of made-up text, 16 pixels high, over the whole width.
    void text_line(int y, unsigned seed) const;
    // From a picture of the same width and height without padding.
    void copy(const std::vector<std::uint32_t>& picture, Box box) const;
};

// A picture without two equal neighbours, that differs from another `number` in every pixel.
std::vector<std::uint32_t> photograph(int width, int height, unsigned number);

// The same sequence in every run.
unsigned scramble(unsigned value);

}  // namespace hvfbd::bench
