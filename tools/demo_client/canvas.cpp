#include "canvas.h"

#include <algorithm>
#include <cstring>

#include "font.h"

namespace hvfbd::demo {

Canvas::Canvas(void* pixels, const hvfb_layout& layout)
    : pixels_(static_cast<std::byte*>(pixels)), layout_(layout) {}

Box Canvas::clip(Box box) const {
    const int left = std::clamp(box.x, 0, width()), top = std::clamp(box.y, 0, height());
    const int right = std::clamp(box.x + box.width, left, width());
    const int bottom = std::clamp(box.y + box.height, top, height());
    return {left, top, right - left, bottom - top};
}

std::uint32_t* Canvas::row(int y) {
    return reinterpret_cast<std::uint32_t*>(pixels_ + static_cast<std::size_t>(y) * layout_.stride);
}

void Canvas::fill(Box box, std::uint32_t pixel) {
    box = clip(box);
    for (int y = box.y; y < box.y + box.height; ++y) std::fill_n(row(y) + box.x, box.width, pixel);
    count(box);
}

void Canvas::blit(const Picture& picture, int x, int y, Box box) {
    const int right = std::min(box.x + box.width, x + static_cast<int>(picture.width));
    const int bottom = std::min(box.y + box.height, y + static_cast<int>(picture.height));
    const int left = std::max(box.x, x), top = std::max(box.y, y);
    box = clip({left, top, std::max(0, right - left), std::max(0, bottom - top)});
    for (int line = box.y; line < box.y + box.height; ++line)
        std::memcpy(row(line) + box.x,
                    picture.pixels.data() + static_cast<std::size_t>(line - y) * picture.width + (box.x - x),
                    static_cast<std::size_t>(box.width) * 4);
    count(box);
}

void Canvas::glyph(char character, int x, int y, std::uint32_t ink, std::uint32_t paper) {
    const Box box = clip({x, y, glyph_width, glyph_height});
    for (int line = box.y; line < box.y + box.height; ++line)
        for (int column = box.x; column < box.x + box.width; ++column)
            row(line)[column] = blend(paper, ink, coverage(character, column - x, line - y));
    count(box);
}

void Canvas::text(std::string_view words, int x, int y, std::uint32_t ink, std::uint32_t paper) {
    for (const char character : words) {
        glyph(character, x, y, ink, paper);
        x += glyph_width;
    }
}

void Canvas::scroll_up(Box box, int rows) {
    box = clip(box);
    for (int y = box.y; y + rows < box.y + box.height; ++y)
        std::memcpy(row(y) + box.x, row(y + rows) + box.x, static_cast<std::size_t>(box.width) * 4);
    count({box.x, box.y, box.width, std::max(0, box.height - rows)});
}

std::uint32_t blend(std::uint32_t from, std::uint32_t to, std::uint32_t part) {
    std::uint32_t result = 0;
    for (const unsigned shift : {0U, 8U, 16U}) {
        const std::uint32_t a = from >> shift & 0xff, b = to >> shift & 0xff;
        result |= (a * (255 - part) + b * part) / 255 << shift;
    }
    return result;
}

Picture Canvas::picture() const {
    return copy_picture(pixels_, layout_.width, layout_.height, layout_.stride);
}

}  // namespace hvfbd::demo
