#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "console/glyph_cache.h"

namespace console {

// A font of whole blocks: every character it has is a full rectangle of its size.
class BlockFont final : public Font {
  public:
    BlockFont(unsigned width, unsigned height, std::u32string characters)
        : width_(width), height_(height), characters_(std::move(characters)) {}

    std::optional<Glyph> find(char32_t code) const override {
        if (characters_.find(code) == std::u32string::npos) return std::nullopt;
        Glyph glyph{width_, height_, {}};
        glyph.rows.assign(glyph.row_bytes() * height_, 0xff);
        return glyph;
    }

  private:
    unsigned width_, height_;
    std::u32string characters_;
};

// Cells of 2x2 pixels, so that pictures can be written down.
inline Fonts small_fonts() {
    Fonts fonts;
    fonts.fonts = {std::make_shared<BlockFont>(2, 2, U"abc\xfffd"), std::make_shared<BlockFont>(4, 2, U"漢☃"),
                   std::make_shared<BlockFont>(3, 2, U"♞")};
    fonts.cell = {2, 2};
    return fonts;
}

inline Grid grid_of(const std::vector<std::u32string>& lines) {
    constexpr std::uint32_t white = 0xffffff;
    Grid grid;
    grid.rows = static_cast<unsigned>(lines.size());
    grid.columns = static_cast<unsigned>(lines.front().size());
    for (const std::u32string& line : lines)
        for (const char32_t code : line) grid.cells.push_back({code, white, 0});
    return grid;
}

}  // namespace console
