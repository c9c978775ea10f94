#pragma once

#include <cstddef>
#include <cstdint>

namespace fbdev {

enum class PixelKind { xrgb32, xbgr32, rgb565 };

constexpr std::uint32_t xrgb_of_565(std::uint16_t pixel) {
    const std::uint32_t red = pixel >> 11, green = (pixel >> 5) & 63, blue = pixel & 31;
    // The upper bits again below, so that white is white.
    return (red << 3 | red >> 2) << 16 | (green << 2 | green >> 4) << 8 | (blue << 3 | blue >> 2);
}

constexpr std::uint32_t xrgb_of_xbgr(std::uint32_t pixel) {
    return (pixel & 0xff00ff00) | (pixel & 0xff) << 16 | (pixel >> 16 & 0xff);
}

// Writes `count` pixels of `from`, each `scale` times, as 0x00RRGGBB.
void convert_row(PixelKind kind, const std::byte* from, std::uint32_t count, std::uint32_t scale,
                 std::uint32_t* to);

// Where a picture goes on a screen that is larger: each pixel `scale` times in both directions, centred.
struct Placement {
    std::uint32_t x = 0, y = 0, scale = 1;
};
// `scale` 0: as large as it fits.
Placement centred(std::uint32_t width, std::uint32_t height, std::uint32_t scale, std::uint32_t screen_width,
                  std::uint32_t screen_height);

}  // namespace fbdev
