#pragma once

namespace hvfbd::demo {

// A dot-matrix font of 5 by 7 dots, each drawn as 2 by 2 pixels in a cell of 12 by 16.
constexpr int glyph_width = 12, glyph_height = 16;

// Whether the pixel of the cell is ink. Characters outside printable ASCII are drawn as a box.
bool is_ink(char character, int x, int y);

}  // namespace hvfbd::demo
