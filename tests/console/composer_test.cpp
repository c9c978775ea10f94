#include "console/command/composer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "console/command/composition_table.h"

namespace console {
namespace {

struct ComposerTest : testing::Test {
    Composer composer;

    std::string compose(std::string_view text) {
        const auto made = composer.compose({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
        return {made.begin(), made.end()};
    }
};

TEST_F(ComposerTest, makes_one_character_of_a_letter_and_its_mark) {
    EXPECT_EQ(compose("a\xcc\x88"
                      "b"),
              "\xc3\xa4"
              "b");
    EXPECT_EQ(compose("e\xcc\x82\xcc\x81"), "\xe1\xba\xbf") << "e, circumflex, acute: one by one";
    EXPECT_EQ(compose("\xe3\x81\x8b\xe3\x82\x99"), "\xe3\x81\x8c") << "hiragana";
}

TEST_F(ComposerTest, leaves_everything_else_as_it_is) {
    for (const std::string text : {"", "abc\r\n", "q\xcc\x88",
                                   "\xcc\x88"
                                   "a",
                                   "a\n\xcc\x88", "a\x7f\xcc\x88", "\xf0\x9f\x98\x80\xcc\x88", "\xff\xcc",
                                   "a\xcc", "\xc3\xa4\xc3", "a \xcc\x81", "\xe2\x82"})
        EXPECT_EQ(compose(text), text);
}

TEST_F(ComposerTest, changes_nothing_in_escape_sequences) {
    for (const std::string text : {"\x1b[0m\xcc\x81", "\x1b[1\xcc\x81m", "\x1bM\xcc\x81", "\x1b(B\xcc\x81",
                                   "\x1b]0;a\xcc\x81\x07", "\x1bPa\xcc\x81\x1b\\",
                                   "\xc2\x9b"
                                   "m\xcc\x81",
                                   "\xc2\x9d"
                                   "a\xcc\x81\x07",
                                   "a\x1b[0m\xcc\x81"})
        EXPECT_EQ(compose(text), text) << text;
    EXPECT_EQ(compose("\x1b[0ma\xcc\x88"), "\x1b[0m\xc3\xa4");
    EXPECT_EQ(compose("\x1b]0;a\x18"
                      "a\xcc\x88"),
              "\x1b]0;a\x18\xc3\xa4")
        << "cancelled";
    EXPECT_EQ(compose("\x1b]0;a\x1b\\a\xcc\x88"), "\x1b]0;a\x1b\\\xc3\xa4");
}

TEST_F(ComposerTest, knows_an_escape_sequence_that_comes_in_pieces) {
    EXPECT_EQ(compose("\x1b["), "\x1b[");
    EXPECT_EQ(compose("0m\xcc\x81"), "0m\xcc\x81");
    EXPECT_EQ(compose("a\xcc\x88"), "\xc3\xa4");
    EXPECT_EQ(compose("a"), "a");
    EXPECT_EQ(compose("\xcc\x88"), "\xcc\x88") << "the letter was shown already";
}

TEST_F(ComposerTest, finds_all_that_its_table_has) {
    EXPECT_TRUE(std::ranges::is_sorted(compositions, [](const Composition& one, const Composition& other) {
        return one.base != other.base ? one.base < other.base : one.mark < other.mark;
    }));
    const auto utf8 = [](char16_t code) {
        std::string text;
        if (code < 0x80) return text + char(code);
        if (code < 0x800) return text + char(0xc0 | code >> 6) + char(0x80 | (code & 0x3f));
        return text + char(0xe0 | code >> 12) + char(0x80 | (code >> 6 & 0x3f)) + char(0x80 | (code & 0x3f));
    };
    for (const Composition& one : compositions)
        EXPECT_EQ(compose(utf8(one.base) + utf8(one.mark)), utf8(one.composed));
}

}  // namespace
}  // namespace console
