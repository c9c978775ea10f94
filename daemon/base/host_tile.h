#pragma once

#include "base/rectangle.h"

namespace hvfbd {

// What shows a picture to others keeps its damage in tiles and sends each whole: OpenVMM's VNC server in
// tiles of 16 x 16 pixels. See docs/decisions/0294-a-rectangle-costs-its-tiles-too.md.
inline constexpr std::int32_t host_tile_pixels = 16;

// The smallest rectangle of whole tiles that holds it. For coordinates that are not negative.
constexpr Rectangle to_host_tiles(const Rectangle& r) {
    constexpr std::int32_t last = host_tile_pixels - 1;
    return {r.left & ~last, r.top & ~last, (r.right + last) & ~last, (r.bottom + last) & ~last};
}

}  // namespace hvfbd
