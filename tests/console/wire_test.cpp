#include "console/command/wire.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "fake_fonts.h"

namespace console {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct WireTest : testing::Test {
    AnswerReader reader;
    Grid grid;

    static Request request_of(const TextSize& size) { return {size, true, Blink::background, {}}; }

    void read(const Grid& sent, const Grid& before = {}, std::string_view replies = "") {
        reader.expect(request_of({sent.columns, sent.rows}));
        ASSERT_TRUE(reader.take(encode_answer(replies, sent, before)));
        reader.apply(grid);
    }
    // An answer of one cell with one of its 32-bit numbers replaced: 5 of the header, the row's, 4 of the
    // cell.
    Bytes answer_with(std::size_t place, std::uint32_t number) {
        Grid one = grid_of({U"a"});
        one.cursor = Position{0, 0};
        Bytes bytes = encode_answer("", one, {});
        std::memcpy(bytes.data() + place * sizeof number, &number, sizeof number);
        reader.expect(request_of({1, 1}));
        return bytes;
    }
};

enum Place {
    replies,
    rows,
    cursor_column,
    cursor_row,
    shows_cursor,
    row,
    code,
    foreground,
    background,
    style
};

TEST_F(WireTest, a_screen_comes_as_it_was_sent) {
    Grid sent = grid_of({U"ab", U"漢 ", U"  "});
    sent.cursor = Position{1, 2};
    sent.cells[0].foreground = 0x123456;
    sent.cells[1].bold = sent.cells[2].underlined = true;
    read(sent, {}, "reply");
    EXPECT_EQ(reader.replies(), "reply");
    EXPECT_EQ(grid.cells, sent.cells);
    EXPECT_EQ(grid.cursor, sent.cursor);
    EXPECT_EQ(grid.columns, 2U);
    EXPECT_EQ(grid.rows, 3U);
}

TEST_F(WireTest, rows_that_did_not_change_are_not_sent_again) {
    const Grid before = grid_of({U"ab", U"cd", U"ef"});
    Grid now = before;
    now.cells[2].code = U'x';
    read(before);
    EXPECT_LT(encode_answer("", now, before).size(), encode_answer("", now, {}).size() / 2);
    read(now, before);
    EXPECT_EQ(grid.cells, now.cells);
    EXPECT_EQ(grid.cursor, std::nullopt);
}

TEST_F(WireTest, an_answer_may_come_in_pieces) {
    const Grid sent = grid_of({U"ab"});
    const Bytes bytes = encode_answer("x", sent, {});
    reader.expect(request_of({2, 1}));
    for (std::size_t i = 0; i + 1 < bytes.size(); ++i)
        ASSERT_FALSE(reader.take(std::span(bytes).subspan(i, 1))) << i;
    EXPECT_TRUE(reader.take(std::span(bytes).last(1)));
    reader.apply(grid);
    EXPECT_EQ(grid.cells, sent.cells);
}

TEST_F(WireTest, an_answer_that_is_longer_than_it_can_be_is_refused_by_its_header) {
    EXPECT_THROW(reader.take(answer_with(replies, 0xffffffff)), BadAnswer);
    EXPECT_THROW(reader.take(answer_with(replies, most_replies + 1)), BadAnswer);
    EXPECT_THROW(reader.take(answer_with(rows, 0xffffffff)), BadAnswer);
    EXPECT_THROW(reader.take(answer_with(rows, 2)), BadAnswer);
    Bytes bytes = answer_with(style, 0);
    bytes.push_back(0);
    EXPECT_THROW(reader.take(bytes), BadAnswer);
    // No screen was asked for.
    bytes = answer_with(style, 0);
    reader.expect({{1, 1}, false, Blink::background, {}});
    EXPECT_THROW(reader.take(bytes), BadAnswer);
}

TEST_F(WireTest, rows_that_there_are_not_are_refused_and_the_screen_stays) {
    const Grid before = grid_of({U"b"});
    read(before);
    ASSERT_TRUE(reader.take(answer_with(row, 1)));
    EXPECT_THROW(reader.apply(grid), BadAnswer);
    ASSERT_TRUE(reader.take(answer_with(row, 0xffffffff)));
    EXPECT_THROW(reader.apply(grid), BadAnswer);
    EXPECT_EQ(grid.cells, before.cells);
    // Twice the same.
    Bytes twice = encode_answer("", grid_of({U"ab", U"cd"}), {});
    std::memcpy(twice.data() + twice.size() - 2 * 16 - 4, "\0\0\0\0", 4);
    reader.expect(request_of({2, 2}));
    ASSERT_TRUE(reader.take(twice));
    EXPECT_THROW(reader.apply(grid), BadAnswer);
    EXPECT_EQ(grid.cells, before.cells);
}

TEST_F(WireTest, what_a_cell_says_becomes_something_that_can_be_drawn) {
    const auto cell = [this](Place place, std::uint32_t number) {
        EXPECT_TRUE(reader.take(answer_with(place, number)));
        reader.apply(grid);
        return grid.cells.at(0);
    };
    EXPECT_EQ(cell(code, 0x110000).code, U'\xfffd');
    EXPECT_EQ(cell(code, 0xffffffff).code, U'\xfffd');
    EXPECT_EQ(cell(code, 0xd800).code, U'\xfffd');
    EXPECT_EQ(cell(code, 0xdfff).code, U'\xfffd');
    EXPECT_EQ(cell(code, 0x10ffff).code, U'\x10ffff');
    EXPECT_EQ(cell(code, 0x1b).code, U'\0');
    EXPECT_EQ(cell(foreground, 0xff123456).foreground, 0x123456U);
    EXPECT_EQ(cell(background, 0xffffffff).background, 0xffffffU);
    EXPECT_TRUE(cell(style, 0xffffffff).bold);
    EXPECT_FALSE(cell(style, 0xfffffffc).underlined);
}

TEST_F(WireTest, a_cursor_outside_of_the_screen_is_none) {
    for (const Place place : {cursor_column, cursor_row}) {
        ASSERT_TRUE(reader.take(answer_with(place, 1)));
        reader.apply(grid);
        EXPECT_EQ(grid.cursor, std::nullopt);
    }
    ASSERT_TRUE(reader.take(answer_with(cursor_row, 0)));
    reader.apply(grid);
    EXPECT_EQ(grid.cursor, Position{});
}

TEST_F(WireTest, a_request_says_what_was_typed_what_the_command_wrote_and_what_is_wanted) {
    const Bytes output = {'a', 'b'};
    const std::array<TypedKey, 1> keys = {TypedKey{'x', 'x', TypedKey::alt}};
    const Bytes bytes = encode({{80, 25}, true, Blink::ignore, output, keys});
    RequestHeader header;
    ASSERT_EQ(bytes.size(), sizeof header + sizeof(TypedKey) + 2);
    std::memcpy(&header, bytes.data(), sizeof header);
    EXPECT_EQ(header.columns, 80U);
    EXPECT_EQ(header.rows, 25U);
    EXPECT_EQ(header.wants_screen, 1U);
    EXPECT_EQ(header.ignores_blinking, 1U);
    EXPECT_EQ(header.keys, 1U);
    EXPECT_EQ(header.length, 2U);
    TypedKey key;
    std::memcpy(&key, bytes.data() + sizeof header, sizeof key);
    EXPECT_EQ(key, keys[0]);
    EXPECT_EQ(bytes.back(), 'b');
}

}  // namespace
}  // namespace console
