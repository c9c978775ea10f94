#include "run/pixel_rows.h"

#include <cstring>

namespace fbdev {
namespace {

template <typename Pixel>
Pixel pixel_at(const std::byte* row, std::uint32_t index) {
    Pixel pixel;
    std::memcpy(&pixel, row + std::size_t{index} * sizeof pixel, sizeof pixel);
    return pixel;
}

template <typename Convert>
void convert_each(std::uint32_t count, std::uint32_t scale, std::uint32_t* to, Convert convert) {
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t pixel = convert(i);
        for (std::uint32_t again = 0; again < scale; ++again) *to++ = pixel;
    }
}

}  // namespace

void convert_row(PixelKind kind, const std::byte* from, std::uint32_t count, std::uint32_t scale,
                 std::uint32_t* to) {
    switch (kind) {
        case PixelKind::xrgb32:
            convert_each(count, scale, to,
                         [from](std::uint32_t i) { return pixel_at<std::uint32_t>(from, i); });
            break;
        case PixelKind::xbgr32:
            convert_each(count, scale, to,
                         [from](std::uint32_t i) { return xrgb_of_xbgr(pixel_at<std::uint32_t>(from, i)); });
            break;
        case PixelKind::rgb565:
            convert_each(count, scale, to,
                         [from](std::uint32_t i) { return xrgb_of_565(pixel_at<std::uint16_t>(from, i)); });
            break;
    }
}

Placement centred(std::uint32_t width, std::uint32_t height, std::uint32_t scale, std::uint32_t screen_width,
                  std::uint32_t screen_height) {
    if (width == 0 || height == 0) return {};
    const std::uint32_t across = screen_width / width, down = screen_height / height;
    const std::uint32_t fits = across < down ? across : down;
    if (scale == 0 || scale > fits) scale = fits > 0 ? fits : 1;
    const std::uint32_t used_width = width * scale, used_height = height * scale;
    return {.x = used_width < screen_width ? (screen_width - used_width) / 2 : 0,
            .y = used_height < screen_height ? (screen_height - used_height) / 2 : 0,
            .scale = scale};
}

}  // namespace fbdev
