#include "console/terminal_contents.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

namespace console {
namespace {

// As the kernel writes it: a word for each cell in the machine's order.
TerminalContents contents_of(unsigned rows, unsigned columns, const std::vector<std::uint16_t>& words,
                             std::vector<std::uint32_t> codes, unsigned x = 0, unsigned y = 0) {
    TerminalContents contents;
    const auto byte = [](unsigned value) { return static_cast<std::uint8_t>(std::min(value, 255U)); };
    contents.attributes = {byte(rows), byte(columns), byte(x), byte(y)};
    for (const std::uint16_t word : words) {
        std::array<std::uint8_t, 2> bytes{};
        std::memcpy(bytes.data(), &word, bytes.size());
        contents.attributes.insert(contents.attributes.end(), bytes.begin(), bytes.end());
    }
    contents.codes = std::move(codes);
    return contents;
}

TEST(TerminalContents, have_the_colours_of_the_palette_in_the_order_of_vga) {
    TerminalState state;
    // Red on blue is 4 on 1 there; bright, 12.
    const Grid grid = decode(contents_of(1, 2, {0x1441, 0x1c41}, {'A', 'B'}), state, {});
    EXPECT_EQ(grid.at(0, 0), (Cell{U'A', default_palette[1], default_palette[4]}));
    EXPECT_EQ(grid.at(1, 0), (Cell{U'B', default_palette[9], default_palette[4]}));
    state.palette[1] = 0x123456;
    EXPECT_EQ(decode(contents_of(1, 1, {0x0441}, {'A'}), state, {}).at(0, 0).foreground, 0x123456U);
}

TEST(TerminalContents, that_blink_have_a_bright_background_as_the_kernels_framebuffer_console_shows_it) {
    const TerminalContents contents = contents_of(1, 1, {0x9741}, {'A'});
    EXPECT_EQ(decode(contents, {}, {}).at(0, 0), (Cell{U'A', default_palette[7], default_palette[12]}));
    EXPECT_EQ(decode(contents, {}, {}, Blink::ignore).at(0, 0),
              (Cell{U'A', default_palette[7], default_palette[4]}));
}

TEST(TerminalContents, of_a_font_of_512_glyphs_have_the_bit_of_the_glyph_in_no_colour) {
    TerminalState state;
    state.high_font_mask = 0x0800;
    EXPECT_EQ(decode(contents_of(1, 1, {0x0f41}, {'A'}), state, {}).at(0, 0).foreground, default_palette[7]);
    state.high_font_mask = 0x0100;
    EXPECT_EQ(decode(contents_of(1, 1, {0x2f41}, {'A'}), state, {}).at(0, 0),
              (Cell{U'A', default_palette[7], default_palette[4]}));
}

TEST(TerminalContents, that_the_consoles_font_lacks_have_the_colours_that_they_were_written_in) {
    TerminalState state;
    const FontMap lacks_much = {{}, '?'};
    const auto contents = contents_of(1, 4, {0x703f, 0x783f, 0x703f, 0x7041}, {U'я', U'я', U'?', U'я'});
    const Grid grid = decode(contents, state, lacks_much);
    EXPECT_EQ(grid.at(0, 0), (Cell{U'я', default_palette[7], default_palette[0]}));
    EXPECT_EQ(grid.at(1, 0), (Cell{U'я', default_palette[15], default_palette[0]}));
    // Somebody has swapped these.
    EXPECT_EQ(grid.at(2, 0), (Cell{U'?', default_palette[0], default_palette[7]}));
    EXPECT_EQ(grid.at(3, 0), (Cell{U'я', default_palette[0], default_palette[7]}));
    EXPECT_EQ(decode(contents, state, {}).at(0, 0), (Cell{U'я', default_palette[0], default_palette[7]}));
    state.high_font_mask = 0x0100;
    EXPECT_EQ(decode(contents_of(1, 1, {0xe03f}, {U'я'}), state, lacks_much).at(0, 0),
              (Cell{U'я', default_palette[7], default_palette[0]}));
}

TEST(TerminalContents, that_the_consoles_font_lacks_and_are_wide_have_their_colours_in_both_cells) {
    const FontMap lacks_much = {{}, '?'};
    const auto background = [&](std::uint16_t behind, char32_t second) {
        return decode(contents_of(1, 2, {0x703f, behind}, {U'漢', second}), {}, lacks_much)
            .at(1, 0)
            .background;
    };
    EXPECT_EQ(background(0x7020, U' '), default_palette[0]);
    EXPECT_EQ(background(0x7020, U'\x200b'), default_palette[0]) << "as since Linux 6.16";
    // Somebody has written these.
    EXPECT_EQ(background(0x7041, U'A'), default_palette[7]);
    EXPECT_EQ(background(0x4020, U' '), default_palette[1]);
    const auto narrow = contents_of(1, 2, {0x703f, 0x7020}, {U'я', U' '});
    EXPECT_EQ(decode(narrow, {}, lacks_much).at(1, 0).background, default_palette[7]);
}

TEST(TerminalContents, that_are_not_in_utf8_are_what_the_map_says_of_their_glyphs) {
    TerminalState state;
    const FontMap map = {{{0x81, U'ü'}, {0x141, U'ł'}}, std::nullopt};
    EXPECT_EQ(decode(contents_of(1, 2, {0x0781, 0x0741}, {}), state, map).at(0, 0).code, U'ü');
    EXPECT_EQ(decode(contents_of(1, 2, {0x0781, 0x0741}, {}), state, map).at(1, 0).code, U'A');
    state.high_font_mask = 0x0800;
    EXPECT_EQ(decode(contents_of(1, 1, {0x0f41}, {}), state, map).at(0, 0).code, U'ł');
}

TEST(TerminalContents, with_more_than_255_columns_or_rows_have_the_size_that_their_length_says) {
    const std::vector<std::uint16_t> words(300 * 2);
    EXPECT_EQ(size_of(contents_of(2, 300, words, {}), {}), (TextSize{300, 2}));
    EXPECT_EQ(size_of(contents_of(300, 2, words, {}), {}), (TextSize{2, 300}));
    const std::vector<std::uint16_t> many(300 * 260);
    TerminalState state;
    EXPECT_EQ(size_of(contents_of(260, 300, many, {}), state), TextSize{}) << "the file does not say it";
    state.columns = 300;
    state.rows = 260;
    EXPECT_EQ(size_of(contents_of(260, 300, many, {}), state), (TextSize{300, 260}));
}

TEST(TerminalContents, have_a_cursor_in_the_last_column_until_the_next_character_wraps) {
    const std::vector<std::uint16_t> words(4);
    EXPECT_EQ(decode(contents_of(2, 2, words, {}, 2, 1), {}, {}).cursor, (Position{1, 1}));
    EXPECT_EQ(decode(contents_of(2, 2, words, {}, 0, 7), {}, {}).cursor, std::nullopt);
}

TEST(TerminalContents, have_no_cursor_where_the_file_cannot_say_in_which_column_it_is) {
    const std::vector<std::uint16_t> words(300);
    EXPECT_EQ(decode(contents_of(1, 300, words, {}, 254), {}, {}).cursor, (Position{254, 0}));
    EXPECT_EQ(decode(contents_of(1, 300, words, {}, 255), {}, {}).cursor, std::nullopt);
}

TEST(TerminalContents, that_are_too_short_are_blank_and_no_more) {
    EXPECT_TRUE(decode({}, {}, {}).cells.empty());
    TerminalContents contents;
    contents.attributes = {25, 80, 0};
    EXPECT_TRUE(decode(contents, {}, {}).cells.empty());
    const Grid grid = decode(contents_of(1, 3, {0x0741, 0x0742, 0x0743}, {'x'}), {}, {});
    EXPECT_EQ(grid.at(0, 0).code, U'x');
    EXPECT_EQ(grid.at(2, 0).code, U' ');
}

}  // namespace
}  // namespace console
