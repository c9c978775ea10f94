#pragma once

#include <cstddef>
#include <vector>

#include "base/region.h"

namespace hvfbd {

// Puts into `rectangles` at most `most` (at least 1) that cover the region, by merging again and again the
// pair that adds the least area. They may overlap where that is the cheaper way; they never reach beyond the
// region's extents. The time is bounded: above some hundred rectangles neighbours are merged first, in one
// pass over them.
void reduce(const Region& region, std::size_t most, std::vector<Rectangle>& rectangles);

}  // namespace hvfbd
