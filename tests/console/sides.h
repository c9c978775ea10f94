#pragma once

#include <hvfb/hvfb.h>

#include <vector>

namespace console {

// x, y, width, height: what a test can compare and print.
using Sides = std::vector<unsigned>;

inline Sides sides(const hvfb_rect& rect) {
    return {rect.x, rect.y, rect.width, rect.height};
}

}  // namespace console
