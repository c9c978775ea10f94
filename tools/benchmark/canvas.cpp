#include "canvas.h"

#include <algorithm>
#include <cstring>

namespace hvfbd::bench {

namespace {

constexpr std::uint32_t paper = 0xff000000, ink_of_text = 0xffc0c0c0;

}  // namespace

unsigned scramble(unsigned value) {
    value = (value ^ 61U) ^ (value >> 16);
    value *= 9;
    value ^= value >> 4;
    value *= 0x27d4eb2dU;
    return value ^ (value >> 15);
}

void Canvas::fill(Box box, std::uint32_t pixel) const {
    for (int y = box.y; y < box.y + box.height; ++y) std::fill(at(box.x, y), at(box.x + box.width, y), pixel);
}

void Canvas::glyph(int x, int y, unsigned shape, std::uint32_t ink) const {
    for (int row = 0; row < 16; ++row) {
        bool blank = row < 3 || row > 12 || shape % 96 == 0;
        unsigned dots = blank ? 0 : scramble(shape % 96 * 16 + static_cast<unsigned>(row)) & 0x7eU;
        for (int column = 0; column < 8; ++column)
            *at(x + column, y + row) = dots >> column & 1U ? ink : paper;
    }
}

void Canvas::text_line(int y, unsigned seed) const {
    fill({0, y, width, 16}, paper);
    int letters = static_cast<int>(scramble(seed) % static_cast<unsigned>(width / 8 * 4 / 5));
    for (int i = 0; i < letters; ++i) {
        unsigned shape = scramble(seed * 1000 + static_cast<unsigned>(i));
        glyph(i * 8, y, shape % 6 == 0 ? 0 : shape, ink_of_text);
    }
}

void Canvas::copy(const std::vector<std::uint32_t>& picture, Box box) const {
    for (int y = box.y; y < box.y + box.height; ++y)
        std::memcpy(at(box.x, y), picture.data() + static_cast<std::ptrdiff_t>(y) * width + box.x,
                    static_cast<std::size_t>(box.width) * 4);
}

std::vector<std::uint32_t> photograph(int width, int height, unsigned number) {
    std::vector<std::uint32_t> picture(static_cast<std::size_t>(width * height));
    unsigned state = 12345;
    for (std::uint32_t& pixel : picture) {
        state = state * 1664525 + 1013904223;
        pixel = (state & 0x00fffffcU) | (number & 3U) | 0xff000000U;
    }
    return picture;
}

}  // namespace hvfbd::bench
