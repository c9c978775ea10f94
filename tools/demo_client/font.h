#pragma once

#include <cstdint>

namespace hvfbd::demo {

// DejaVu Sans Mono in cells of 10 by 20 pixels.
constexpr int glyph_width = 10, glyph_height = 20;

// How much of a pixel of the cell is ink, of 255. Characters outside printable ASCII are drawn as a box.
// Throws std::runtime_error if the font is not there.
std::uint32_t coverage(char character, int x, int y);

}  // namespace hvfbd::demo
