#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/region.h"

namespace hvfbd {

// Puts into `rectangles` at most `most` (at least 1) that cover the region, by merging again and again the
// pair that adds the least to the price. The price of a rectangle is its pixels, which somebody copies or
// compares, and those of all host tiles that it touches, which are sent. They may overlap where that is the
// cheaper way; they never reach beyond the region's extents. The time is bounded: above some dozen rectangles
// neighbours are merged first, in a few passes over them.
void reduce(const Region& region, std::size_t most, std::vector<Rectangle>& rectangles);

// Above this many spans a frame they are not distinguished: a checkerboard of single pixels has a million,
// and would cost a tenth of a second to reduce to 16 rectangles that are the whole screen anyhow.
inline constexpr std::size_t most_spans = 4096;

// The spans (a row each, sorted), or if they are more than most_spans, one for each row that covers all of
// its. `room` holds them then. So there are never more than most_spans or rows.
std::span<const Rectangle> condense(std::span<const Rectangle> spans, std::vector<Rectangle>& room);

}  // namespace hvfbd
