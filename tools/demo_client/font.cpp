#include "font.h"

#include <ft2build.h>
#include FT_FREETYPE_H

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <string>

namespace hvfbd::demo {

namespace {

constexpr int size = 16, baseline = 15;  // pixels
constexpr char first = ' ', last = '~';

std::size_t place(int x, int y) {
    return static_cast<std::size_t>(y) * glyph_width + static_cast<std::size_t>(x);
}

using Cell = std::array<std::uint8_t, std::size_t{glyph_width} * glyph_height>;
struct Font {
    std::array<Cell, last - first + 1> glyphs = {};
    Cell box = {};
};

void copy(const FT_GlyphSlotRec_& slot, Cell& cell) {
    const int left = slot.bitmap_left, top = baseline - slot.bitmap_top;
    const int width = static_cast<int>(slot.bitmap.width), height = static_cast<int>(slot.bitmap.rows);
    for (int y = std::max(0, -top); y < height && top + y < glyph_height; ++y)
        for (int x = std::max(0, -left); x < width && left + x < glyph_width; ++x)
            cell.at(place(left + x, top + y)) = slot.bitmap.buffer[y * slot.bitmap.pitch + x];
}

void draw_box(Cell& cell) {
    for (int y = 3; y <= baseline; ++y)
        for (int x = 1; x < glyph_width - 1; ++x)
            if (y == 3 || y == baseline || x == 1 || x == glyph_width - 2) cell.at(place(x, y)) = 255;
}

Font read_font() {
    const auto check = [](FT_Error error) {
        if (error != 0)
            throw std::runtime_error("cannot read the font " HVFBD_DEMO_FONT
                                     " (Debian has it in fonts-dejavu-core): error " +
                                     std::to_string(error) + " of FreeType");
    };
    FT_Library library = nullptr;
    check(FT_Init_FreeType(&library));
    const std::unique_ptr<FT_LibraryRec_, decltype(&FT_Done_FreeType)> owner(library, FT_Done_FreeType);
    FT_Face face = nullptr;
    check(FT_New_Face(library, HVFBD_DEMO_FONT, 0, &face));  // the library frees it
    check(FT_Set_Pixel_Sizes(face, 0, size));
    Font font;
    for (char character = first; character <= last; ++character) {
        check(FT_Load_Char(face, static_cast<FT_ULong>(character), FT_LOAD_RENDER));
        copy(*face->glyph, font.glyphs.at(static_cast<std::size_t>(character - first)));
    }
    draw_box(font.box);
    return font;
}

}  // namespace

std::uint32_t coverage(char character, int x, int y) {
    static const Font font = read_font();
    if (x < 0 || y < 0 || x >= glyph_width || y >= glyph_height) return 0;
    const Cell& cell = character < first || character > last
                           ? font.box
                           : font.glyphs.at(static_cast<std::size_t>(character - first));
    return cell.at(place(x, y));
}

}  // namespace hvfbd::demo
