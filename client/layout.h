#pragma once

#include <cstdint>

namespace hvfb {

// As struct hvfb_layout in hvfb.h: pixels, bytes from row to row, DRM fourcc, bytes.
struct Layout {
    std::uint32_t width = 0, height = 0, stride = 0, format = 0;
    std::uint64_t size = 0;

    bool operator==(const Layout&) const = default;

    // Whether the rows of such a picture lie within its buffer, and the buffer can be mapped.
    bool sound() const {
        constexpr std::uint64_t bytes_per_pixel = 4, size_max = std::uint64_t{1} << 40;
        return width > 0 && height > 0 && stride % bytes_per_pixel == 0 &&
               stride / bytes_per_pixel >= width && size <= size_max &&
               std::uint64_t{stride} * height <= size;
    }
};

// As struct hvfb_rect: pixels.
struct Rectangle {
    std::uint32_t x = 0, y = 0, width = 0, height = 0;
};

}  // namespace hvfb
