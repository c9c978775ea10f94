#include "console/painter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "fake_fonts.h"
#include "sides.h"

namespace console {
namespace {

struct PainterTest : testing::Test {
    static constexpr unsigned width = 8, height = 4;
    std::vector<std::uint32_t> pixels = std::vector<std::uint32_t>(std::size_t(width) * height, 0x555555);
    Canvas canvas{pixels.data(), {width, height}, width};
    Geometry geometry{{width, height}, {2, 2}, 1, Rotation::none};
    Painter painter{small_fonts(), geometry, CursorShape::underline};
    unsigned begun = 0;

    std::vector<hvfb_rect> paint(const Grid& grid) {
        return painter.paint(grid, canvas, [this] { ++begun; });
    }
    // A row of the picture: # is white, . is black.
    std::string row(unsigned y) const {
        std::string text;
        for (unsigned x = 0; x < width; ++x)
            text += pixels[y * width + x] == 0xffffff ? '#' : pixels[y * width + x] == 0 ? '.' : '?';
        return text;
    }
};

TEST_F(PainterTest, draws_everything_at_first_and_what_differs_from_then_on) {
    auto changed = paint(grid_of({U"a  b", U"    "}));
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(sides(changed[0]), (Sides{0, 0, width, height}));
    EXPECT_EQ(row(0), "##....##");
    EXPECT_EQ(row(2), "........");
    changed = paint(grid_of({U"a c ", U"    "}));
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(sides(changed[0]), (Sides{4, 0, 4, 2}));
    EXPECT_EQ(row(0), "##..##..");
    EXPECT_EQ(begun, 2U);
    EXPECT_TRUE(paint(grid_of({U"a c ", U"    "})).empty());
    EXPECT_EQ(begun, 2U) << "nothing is begun where nothing is drawn";
}

TEST_F(PainterTest, tells_lines_that_changed_alike_as_one_rectangle) {
    paint(grid_of({U"    ", U"    "}));
    const auto changed = paint(grid_of({U" a  ", U" b  "}));
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(sides(changed[0]), (Sides{2, 0, 2, 4}));
}

TEST_F(PainterTest, draws_the_cursor_where_it_is_and_takes_it_away_where_it_was) {
    Grid grid = grid_of({U"a   ", U"    "});
    grid.cursor = Position{1, 0};
    paint(grid);
    EXPECT_EQ(row(0), "##......");
    EXPECT_EQ(row(1), "####....");
    grid.cursor = Position{2, 1};
    const auto changed = paint(grid);
    EXPECT_EQ(changed.size(), 2U);
    EXPECT_EQ(row(1), "##......");
    EXPECT_EQ(row(3), "....##..");
}

TEST_F(PainterTest, draws_a_block_as_cursor_by_option) {
    Painter block(small_fonts(), geometry, CursorShape::block);
    Grid grid = grid_of({U"ab  ", U"    "});
    grid.cursor = Position{0, 0};
    block.paint(grid, canvas);
    EXPECT_EQ(row(0), "..##....");
    grid.cursor = Position{2, 0};
    block.paint(grid, canvas);
    EXPECT_EQ(row(0), "######..");
}

TEST_F(PainterTest, draws_a_cursor_that_is_seen_where_text_has_the_colour_of_its_background) {
    Grid grid = grid_of({U"    ", U"    "});
    for (Cell& cell : grid.cells) cell.foreground = cell.background;
    grid.cursor = Position{0, 0};
    paint(grid);
    EXPECT_EQ(row(1), "##......");
}

TEST_F(PainterTest, underlines_text_and_blanks_in_the_colour_of_the_text) {
    Grid grid = grid_of({U"x   ", U"    "});
    grid.cells[1].underlined = grid.cells[2].underlined = true;
    grid.cells[2].foreground = 0x555555;
    paint(grid);
    EXPECT_EQ(row(0), "##......");
    EXPECT_EQ(row(1), "####??..");
    grid.cells[1].underlined = false;
    const auto changed = paint(grid);
    ASSERT_EQ(changed.size(), 1U);
    EXPECT_EQ(sides(changed[0]), (Sides{2, 0, 2, 2}));
}

TEST_F(PainterTest, draws_a_wide_character_over_the_space_behind_it) {
    paint(grid_of({U"漢 a漢", U"漢a\x200b "}));
    EXPECT_EQ(row(0), "########") << "the last one has no room: its left half, made narrow";
    EXPECT_EQ(row(2), "####....");
    paint(grid_of({U"漢\x200b  ", U"☃ ☃a"}));
    EXPECT_EQ(row(0), "####....");
    EXPECT_EQ(row(2), "########") << "a narrow character of a wide glyph has room, or is made narrow";
}

TEST_F(PainterTest, has_the_background_of_the_space_behind_the_second_half_of_a_wide_character) {
    Grid grid = grid_of({U"♞ ♞ ", U"    "});
    grid.cells[1].background = grid.cells[2].background = 0x555555;
    paint(grid);
    EXPECT_EQ(row(0), "###?###.");
}

TEST_F(PainterTest, draws_a_replacement_for_what_no_font_has) {
    paint(grid_of({U"x   ", U"    "}));
    EXPECT_EQ(row(0), "##......");
}

TEST_F(PainterTest, leaves_out_what_does_not_fit_and_has_background_behind_the_end) {
    paint(grid_of({U"aaaaaa", U"aaaaaa", U"aaaaaa"}));
    EXPECT_EQ(row(3), "########");
    paint(grid_of({U"a"}));
    EXPECT_EQ(row(0), "##......");
    EXPECT_EQ(row(3), "........");
}

TEST_F(PainterTest, draws_all_again_when_the_picture_is_another) {
    paint(grid_of({U"a   ", U"    "}));
    std::fill(pixels.begin(), pixels.end(), 0x555555);
    painter.forget();
    paint(grid_of({U"a   ", U"    "}));
    EXPECT_EQ(row(0), "##......");
    EXPECT_EQ(row(3), "........");
}

TEST_F(PainterTest, draws_nothing_outside_of_a_canvas_that_has_no_room_for_a_cell) {
    for (const Rotation rotation :
         {Rotation::none, Rotation::quarter, Rotation::half, Rotation::three_quarters}) {
        std::vector<std::uint32_t> few(3, 1);
        Painter large(small_fonts(), Geometry({1, 1}, {2, 2}, 4, rotation), CursorShape::underline);
        Grid grid = grid_of({U"a"});
        grid.cursor = Position{0, 0};
        large.paint(grid, {few.data() + 1, {1, 1}, 1});
        EXPECT_EQ(few[0], 1U);
        EXPECT_EQ(few[2], 1U);
    }
}

TEST(Mask, of_bold_text_has_strokes_that_are_one_pixel_wider) {
    Glyph stroke{9, 2, {0x84, 0x00, 0x01, 0x80}};
    EXPECT_EQ(bold_of(stroke).rows, (std::vector<std::uint8_t>{0xc6, 0x00, 0x01, 0x80}));
    GlyphCache glyphs(small_fonts(), Geometry({64, 64}, {2, 2}, 1, Rotation::none));
    EXPECT_NE(glyphs.shape(U'a', Part::whole), glyphs.shape(U'a', Part::whole, true));
    EXPECT_EQ(glyphs.shape(U'a', Part::whole, true), glyphs.shape(U'a', Part::whole, true));
    EXPECT_EQ(glyphs.shape(U' ', Part::whole, true), GlyphCache::blank);
}

TEST(GlyphCache, is_full_when_its_pictures_have_as_many_bytes_as_they_may_however_few_they_are) {
    constexpr unsigned scale = 4, most_bytes = 256;  // of cells of 64
    GlyphCache glyphs(small_fonts(), Geometry({64, 64}, {2, 2}, scale, Rotation::none), most_bytes);
    for (const char32_t code : {U'a', U'b', U'c'}) {
        EXPECT_FALSE(glyphs.is_full());
        glyphs.shape(code, Part::whole);
    }
    EXPECT_TRUE(glyphs.is_full());
    glyphs.clear();
    EXPECT_FALSE(glyphs.is_full());
}

}  // namespace
}  // namespace console
