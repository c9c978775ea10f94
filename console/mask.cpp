#include "console/mask.h"

#include <algorithm>
#include <cstddef>

namespace console {

namespace {

// Upright, with the size of the font, or twice as wide.
std::vector<std::uint8_t> fitted(const Glyph& glyph, const Size& box) {
    std::vector<std::uint8_t> pixels(std::size_t(box.width) * box.height);
    const auto set = [&](unsigned x, unsigned y) { pixels[std::size_t(y) * box.width + x] = 0xff; };
    const unsigned factor = std::min(box.width / glyph.width, box.height / glyph.height);
    if (factor > 0) {
        const unsigned left = (box.width - glyph.width * factor) / 2;
        const unsigned top = (box.height - glyph.height * factor) / 2;
        for (unsigned y = 0; y < glyph.height * factor; ++y)
            for (unsigned x = 0; x < glyph.width * factor; ++x)
                if (glyph.at(x / factor, y / factor)) set(left + x, top + y);
        return pixels;
    }
    // A pixel that is set is seen. In the direction that has the room nothing changes.
    const Size into{std::min(box.width, glyph.width), std::min(box.height, glyph.height)};
    const unsigned left = (box.width - into.width) / 2, top = (box.height - into.height) / 2;
    for (unsigned y = 0; y < glyph.height; ++y)
        for (unsigned x = 0; x < glyph.width; ++x)
            if (glyph.at(x, y))
                set(left + x * into.width / glyph.width, top + y * into.height / glyph.height);
    return pixels;
}

}  // namespace

Glyph bold_of(const Glyph& glyph) {
    Glyph bold = glyph;
    for (unsigned y = 0; y < glyph.height; ++y)
        for (unsigned x = 1; x < glyph.width; ++x)
            if (glyph.at(x - 1, y))
                bold.rows[y * bold.row_bytes() + x / 8] |= static_cast<std::uint8_t>(0x80U >> (x % 8));
    return bold;
}

Mask make_mask(const Glyph& glyph, Part part, const Geometry& geometry) {
    const Size font = geometry.font(), cell = geometry.cell();
    const Size box{part == Part::whole ? font.width : 2 * font.width, font.height};
    const std::vector<std::uint8_t> pixels = fitted(glyph, box);
    const unsigned left = part == Part::right ? font.width : 0;
    const Size on_screen = turned(cell, geometry.rotation());
    Mask mask(std::size_t(cell.width) * cell.height);
    for (unsigned y = 0; y < cell.height; ++y)
        for (unsigned x = 0; x < cell.width; ++x) {
            const unsigned scale = geometry.scale();
            const hvfb_rect at = turned(hvfb_rect{x, y, 1, 1}, on_screen, geometry.rotation());
            mask[std::size_t(at.y) * on_screen.width + at.x] =
                pixels[std::size_t(y / scale) * box.width + left + x / scale];
        }
    return mask;
}

}  // namespace console
