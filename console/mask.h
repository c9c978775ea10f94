#pragma once

#include <cstdint>
#include <vector>

#include "console/geometry.h"
#include "console/glyph.h"

namespace console {

// Which part of a character a cell shows.
enum class Part { whole, left, right };

// With strokes that are one pixel wider, to the right, where the glyph has room.
Glyph bold_of(const Glyph& glyph);

// Pixels of one cell as they are on the screen, row by row: 0xff where the character is, else 0.
using Mask = std::vector<std::uint8_t>;

// A glyph of another size than the font's, such as Unifont's, is made larger by whole numbers and put into
// the middle, or made smaller.
Mask make_mask(const Glyph& glyph, Part part, const Geometry& geometry);

}  // namespace console
