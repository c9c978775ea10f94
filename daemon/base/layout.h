#pragma once

#include <cstddef>
#include <cstdint>

#include "base/rectangle.h"

namespace hvfbd {

// DRM_FORMAT_XRGB8888 of drm_fourcc.h ("XR24"): 0x00RRGGBB in a little-endian u32. Every picture has it.
inline constexpr std::uint32_t format_xrgb8888 = 0x34325258;
inline constexpr std::uint32_t bytes_per_pixel = 4;

// Largest width and height of a picture, in pixels: well above 8K, and small enough that no product
// overflows.
inline constexpr std::uint32_t max_extent = 16384;

struct Mode {
    std::uint32_t width = 0, height = 0;
    bool operator==(const Mode&) const = default;
};

// Where nobody says which.
inline constexpr Mode default_mode{1024, 768};

// How a picture lies in memory. `stride` is in bytes, a multiple of 4, at least width * 4 and often more.
struct Layout {
    std::uint32_t width = 0, height = 0, stride = 0, format = format_xrgb8888;
    std::size_t size = 0;  // of the whole buffer in bytes, a multiple of the page size

    bool operator==(const Layout&) const = default;
    Rectangle rectangle() const {
        return {0, 0, static_cast<std::int32_t>(width), static_cast<std::int32_t>(height)};
    }
    std::size_t offset(std::uint32_t x, std::uint32_t y) const {
        return std::size_t{y} * stride + std::size_t{x} * bytes_per_pixel;
    }
};

std::size_t page_size();

// A layout for the mode, with `stride` or, if that is 0, rows without padding. Throws RequestError if the
// extent is 0 or above max_extent, or the stride too small or no multiple of 4.
Layout layout_for(Mode mode, std::uint32_t stride = 0, std::size_t page = page_size());

}  // namespace hvfbd
