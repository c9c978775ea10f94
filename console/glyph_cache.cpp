#include "console/glyph_cache.h"

#include <algorithm>
#include <utility>

#include "console/character_width.h"

namespace console {

namespace {

// For what no font has.
Glyph empty_box() {
    constexpr unsigned width = 8, height = 16;
    constexpr std::uint8_t edge = 0x7e, sides = 0x42;
    Glyph box{width, height, std::vector<std::uint8_t>(height)};
    constexpr unsigned top = 2, bottom = 13;
    for (unsigned y = top; y <= bottom; ++y) box.rows[y] = y == top || y == bottom ? edge : sides;
    return box;
}

// How many pictures of cells: no more than are of use, and no more than fit. The blank one and one more are
// always there.
std::size_t limit(const Size& cell, std::size_t most_bytes) {
    constexpr std::size_t most_shapes = 16384, fewest_shapes = 2;
    const std::size_t bytes = std::size_t(cell.width) * cell.height;
    return std::clamp(most_bytes / std::max<std::size_t>(bytes, 1), fewest_shapes, most_shapes);
}

}  // namespace

GlyphCache::GlyphCache(Fonts fonts, const Geometry& geometry, std::size_t most_bytes)
    : fonts_(std::move(fonts)), geometry_(geometry), most_shapes_(limit(geometry.cell(), most_bytes)) {
    clear();
}

void GlyphCache::clear() {
    known_.clear();
    masks_.clear();
    const Size cell = geometry_.cell();
    masks_.emplace_back(std::size_t(cell.width) * cell.height);  // blank
}

GlyphCache::Known GlyphCache::searched(char32_t code) const {
    for (const auto& font : fonts_.fonts) {
        if (auto glyph = font->find(code)) {
            const bool is_first = font == fonts_.fonts.front();
            const unsigned cells = is_wide(code) || (!is_first && glyph->width * 2 > glyph->height) ? 2 : 1;
            return {std::move(*glyph), cells, {}};
        }
    }
    constexpr char32_t replacement = 0xfffd;
    if (code != replacement) {
        Known known = searched(replacement);
        known.cells = is_wide(code) ? 2 : 1;
        return known;
    }
    return {empty_box(), 1, {}};
}

GlyphCache::Known& GlyphCache::known(char32_t code) {
    const auto found = known_.find(code);
    return found != known_.end() ? found->second : known_.emplace(code, searched(code)).first->second;
}

unsigned GlyphCache::cells_of(char32_t code) {
    return is_blank(code) ? 1 : known(code).cells;
}

GlyphCache::Shape GlyphCache::shape(char32_t code, Part part, bool bold) {
    if (is_blank(code)) return blank;
    Known& entry = known(code);
    constexpr unsigned parts = 3;
    Shape& shape = entry.shapes[static_cast<unsigned>(part) + (bold ? parts : 0)];
    if (shape == blank) {
        shape = static_cast<Shape>(masks_.size());
        masks_.push_back(make_mask(bold ? bold_of(entry.glyph) : entry.glyph, part, geometry_));
    }
    return shape;
}

}  // namespace console
