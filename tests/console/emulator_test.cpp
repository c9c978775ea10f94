#include "console/command/emulator.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "console/command/wire.h"

namespace console {
namespace {

constexpr std::uint32_t grey = 0xaaaaaa;

struct EmulatorTest : testing::Test {
    Emulator terminal;

    EmulatorTest() { terminal.resize({10, 3}); }
    void write(std::string_view text) {
        terminal.input({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    }
    Grid screen(Blink blink = Blink::background) const { return terminal.screen(blink); }
    Cell cell(unsigned column, unsigned row = 0) const { return screen().at(column, row); }
    std::u32string line(unsigned row) const {
        std::u32string text;
        const Grid grid = screen();
        for (unsigned column = 0; column < grid.columns; ++column) text += grid.at(column, row).code;
        return text;
    }
};

TEST_F(EmulatorTest, has_the_size_that_it_was_given_and_is_empty_at_first) {
    const Grid grid = screen();
    EXPECT_EQ(grid.columns, 10U);
    EXPECT_EQ(grid.rows, 3U);
    EXPECT_EQ(grid.cursor, Position{});
    EXPECT_EQ(line(0), std::u32string(10, U' '));
    EXPECT_EQ(cell(0).foreground, grey);
    EXPECT_EQ(cell(0).background, 0U);
}

TEST_F(EmulatorTest, shows_text_and_scrolls) {
    write(
        "one\r\ntwo\r\nthree\r\nf\xc3\xbc"
        "nf");
    EXPECT_EQ(line(0), U"two       ");
    EXPECT_EQ(line(2), U"fünf      ");
    EXPECT_EQ(screen().cursor, (Position{4, 2}));
}

TEST_F(EmulatorTest, has_24_bit_colours_and_those_of_the_consoles_palette) {
    write("\x1b[38;2;18;52;86ma\x1b[48;2;255;254;253mb\x1b[0;31mc\x1b[92md\x1b[0me");
    EXPECT_EQ(cell(0).foreground, 0x123456U);
    EXPECT_EQ(cell(1).background, 0xfffefdU);
    EXPECT_EQ(cell(2).foreground, 0xaa0000U);
    EXPECT_EQ(cell(3).foreground, 0x55ff55U);
    EXPECT_EQ(cell(4).foreground, grey);
}

TEST_F(EmulatorTest, has_bold_underlined_and_inverse_text) {
    write("\x1b[1ma\x1b[0;4mb\x1b[0;7mc\x1b[0m\x1b[?5h");
    EXPECT_TRUE(cell(0).bold);
    EXPECT_FALSE(cell(0).underlined);
    EXPECT_TRUE(cell(1).underlined);
    // All of the screen is inverse now, and what was inverse before is not.
    EXPECT_EQ(cell(2).foreground, grey);
    EXPECT_EQ(cell(3).background, grey);
    write("\x1b[?5l");
    EXPECT_EQ(cell(2).background, grey);
    EXPECT_EQ(cell(3).background, 0U);
}

TEST_F(EmulatorTest, has_a_bright_background_where_text_blinks_if_that_is_wanted) {
    write("\x1b[5ma\x1b[41mb");
    EXPECT_EQ(screen().at(0, 0).background, 0x555555U);
    EXPECT_EQ(screen().at(1, 0).background, 0xff5555U);
    EXPECT_EQ(screen(Blink::ignore).at(1, 0).background, 0xaa0000U);
}

TEST_F(EmulatorTest, has_a_letter_and_its_mark_in_one_cell) {
    write(
        "e\xcc\x81"
        "a");
    EXPECT_EQ(line(0), U"éa        ");
}

TEST_F(EmulatorTest, has_a_wide_character_in_two_cells) {
    write(
        "\xe6\xbc\xa2"
        "a");
    EXPECT_EQ(cell(0).code, U'漢');
    EXPECT_TRUE(cell(1).code == U'\0' || cell(1).code == U' ');
    EXPECT_EQ(cell(2).code, U'a');
}

TEST_F(EmulatorTest, has_a_cursor_that_a_program_can_hide_and_that_no_cell_shows) {
    write("ab\x1b[D");
    EXPECT_EQ(screen().cursor, (Position{1, 0}));
    EXPECT_EQ(cell(1).background, 0U);
    EXPECT_EQ(screen().cursor, (Position{1, 0})) << "to look at it changes nothing";
    write("\x1b[?25l");
    EXPECT_EQ(screen().cursor, std::nullopt);
    EXPECT_EQ(screen().cursor, std::nullopt);
    write("\x1b[?25h");
    EXPECT_EQ(screen().cursor, (Position{1, 0}));
}

TEST_F(EmulatorTest, has_its_cursor_on_the_screen_behind_the_last_column) {
    write("0123456789");
    EXPECT_EQ(screen().cursor, (Position{9, 0}));
}

TEST_F(EmulatorTest, answers_what_asks_it) {
    write("\x1b[2;3H\x1b[6n");
    EXPECT_EQ(terminal.take_replies(), "\x1b[2;3R");
    EXPECT_EQ(terminal.take_replies(), "");
    write("\x1b[c");
    EXPECT_TRUE(terminal.take_replies().starts_with("\x1b[?"));
}

TEST_F(EmulatorTest, answers_no_more_than_a_message_may_have) {
    for (unsigned i = 0; i < 10000; ++i) write("\x1b[6n");
    const std::string replies = terminal.take_replies();
    EXPECT_LE(replies.size(), most_replies);
    EXPECT_TRUE(replies.ends_with("R"));
    write("\x1b[6n");
    EXPECT_EQ(terminal.take_replies(), "\x1b[1;1R");
}

TEST_F(EmulatorTest, keeps_its_text_when_it_becomes_larger_or_smaller) {
    write("one\r\ntwo");
    terminal.resize({20, 6});
    EXPECT_EQ(line(1), U"two                 ");
    terminal.resize({2, 2});
    EXPECT_EQ(screen().columns, 2U);
    EXPECT_EQ(screen().rows, 2U);
    terminal.resize({0, 0});
    EXPECT_EQ(screen().columns, 1U);
}

TEST_F(EmulatorTest, has_an_alternate_screen) {
    write("one\x1b[?1049h\x1b[Htop");
    EXPECT_EQ(line(0), U"top       ");
    write("\x1b[?1049l");
    EXPECT_EQ(line(0), U"one       ");
}

TEST_F(EmulatorTest, types_keys_as_the_program_wants_them) {
    const auto typed = [this](const TypedKey& key) {
        terminal.type(key);
        return terminal.take_replies();
    };
    constexpr std::uint32_t up = 0xff52, enter = 0xff0d, backspace = 0xff08, u_umlaut = 0xfc;
    EXPECT_EQ(typed({'a', 'a', 0}), "a");
    EXPECT_EQ(typed({'A', 'A', TypedKey::shift}), "A");
    EXPECT_EQ(typed({u_umlaut, U'ü', 0}), "\xc3\xbc");
    EXPECT_EQ(typed({'c', 'c', TypedKey::control}), "\x03");
    EXPECT_EQ(typed({'b', 'b', TypedKey::alt}),
              "\x1b"
              "b");
    EXPECT_EQ(typed({enter, '\r', 0}), "\r");
    // What a pty has as the character that erases.
    EXPECT_EQ(typed({backspace, '\b', 0}), "\x7f");
    EXPECT_EQ(typed({backspace, '\b', TypedKey::alt}), "\x1b\x7f");
    EXPECT_EQ(typed({up, 0, 0}), "\x1b[A");
    write("\x1b[?1h");
    EXPECT_EQ(typed({up, 0, 0}), "\x1bOA");
    // A symbol that is no letter and no key of a terminal.
    EXPECT_EQ(typed({0xffe1, 0, 0}), "");
}

TEST_F(EmulatorTest, has_room_for_all_keys_of_a_request) {
    // F12 with all that may be held is the longest.
    for (std::size_t i = 0; i < most_keys; ++i)
        terminal.type({0xffc9, 0, TypedKey::shift | TypedKey::control | TypedKey::alt});
    const std::string one = [] {
        Emulator other;
        other.type({0xffc9, 0, TypedKey::shift | TypedKey::control | TypedKey::alt});
        return other.take_replies();
    }();
    EXPECT_GT(one.size(), 0U);
    EXPECT_EQ(terminal.take_replies().size(), most_keys * one.size());
}

}  // namespace
}  // namespace console
