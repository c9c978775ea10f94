// Text of others that reaches a terminal.
#include "base/text.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

TEST(Text, of_any_language_is_plain) {
    for (const char* text :
         {"", "surface", "Terminal 1", "Übersicht", "картинка", "画面", "صورة", "📺", "a\xcc\x81"})
        EXPECT_TRUE(is_plain(text)) << text;
}

// The first and the last of each length, and of each range around those that are no characters.
TEST(Text, of_the_first_and_the_last_character_of_each_length_is_plain) {
    for (const char* text :
         {" ", "~", "\xc2\xa0", "\xc2\xa9", "\xdf\xbf", "\xe0\xa0\x80", "\xe0\xa4\x85", "\xed\x9f\xbf",
          "\xee\x80\x80", "\xef\xbf\xbd", "\xf0\x90\x80\x80", "\xf0\x9f\x93\xba", "\xf4\x8f\xbf\xbd"}) {
        EXPECT_TRUE(is_plain(text)) << escaped(text);
        EXPECT_EQ(escaped(text), text);
    }
}

TEST(Text, with_what_a_terminal_obeys_reorders_or_does_not_show_is_not_plain_and_is_escaped_byte_by_byte) {
    struct {
        const char *text, *escaped;
    } const cases[] = {
        {"a\x1b[2Jb", "a\\x1b[2Jb"},
        {"a\nb", "a\\x0ab"},
        {"\x7f", "\\x7f"},
        {"a\xc2\x9b"
         "2Jb",
         "a\\xc2\\x9b2Jb"},                            // U+009B: CSI in one character
        {"\xc2\x80", "\\xc2\\x80"},                    // U+0080, the first of C1
        {"\xc2\x85", "\\xc2\\x85"},                    // next line
        {"\xe2\x80\xae", "\\xe2\\x80\\xae"},           // right-to-left override
        {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"},           // isolate
        {"\xd8\x9c", "\\xd8\\x9c"},                    // Arabic letter mark
        {"\xe2\x80\x8b", "\\xe2\\x80\\x8b"},           // zero width space
        {"\xef\xbb\xbf", "\\xef\\xbb\\xbf"},           // byte order mark
        {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},           // line separator
        {"\xe2\x80\xa9", "\\xe2\\x80\\xa9"},           // paragraph separator
        {"\xf3\xa0\x81\x81", "\\xf3\\xa0\\x81\\x81"},  // a tag
        {"\x9b", "\\x9b"},                             // not UTF-8: CSI on a terminal of 8 bits
        {"\xc0\x9b", "\\xc0\\x9b"},                    // longer than it need be
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // a surrogate
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // beyond Unicode
        {"\xe2\x80", "\\xe2\\x80"},                    // cut off
        {"\xf0\x9f\x93", "\\xf0\\x9f\\x93"},           // cut off
        {"\x80", "\\x80"},                             // continues nothing
        {"\xa9", "\\xa9"},
        {"\xbf", "\\xbf"},
        {"\xe2(\xa9", "\\xe2(\\xa9"},  // is continued by what continues nothing
        {"\xe2\x82(", "\\xe2\\x82("},
        {"\xc3\xc3", "\\xc3\\xc3"},
        {"\xc1\xbf", "\\xc1\\xbf"},                             // longer than it need be
        {"\xe0\x9f\xbf", "\\xe0\\x9f\\xbf"},                    // longer than it need be
        {"\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf"},           // longer than it need be
        {"\xed\xbf\xbf", "\\xed\\xbf\\xbf"},                    // the last surrogate
        {"\xf4\x8f\xbf\xbf", "\\xf4\\x8f\\xbf\\xbf"},           // U+10FFFF, which is none
        {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80"},           // beyond Unicode
        {"\xf7\xbf\xbf\xbf", "\\xf7\\xbf\\xbf\\xbf"},           // beyond Unicode
        {"\xf8\x90\x80\x80", "\\xf8\\x90\\x80\\x80"},           // five bytes, which nothing has
        {"\xf8\x90\x80\x80\x80", "\\xf8\\x90\\x80\\x80\\x80"},  // five bytes, which nothing has
        {"\xff", "\\xff"},
    };
    for (const auto& [text, want] : cases) {
        EXPECT_FALSE(is_plain(text)) << want;
        EXPECT_EQ(escaped(text), want);
        EXPECT_TRUE(is_plain(escaped(text)));
    }
}

TEST(Text, of_every_byte_and_pair_of_bytes_is_plain_once_it_is_escaped) {
    for (int a = 0; a < 256; ++a)
        for (int b = 0; b < 256; ++b)
            for (const char* tail : {"", "\x80", "\xbf\xbf"}) {
                std::string text{static_cast<char>(a), static_cast<char>(b)};
                text += tail;
                ASSERT_TRUE(is_plain(escaped(text))) << escaped(text);
                if (is_plain(text)) {
                    ASSERT_EQ(escaped(text), text);
                }
            }
}

TEST(Text, keeps_the_controls_that_are_allowed) {
    EXPECT_EQ(escaped("a\n\tb\x1b", "\n\t"), "a\n\tb\\x1b");
    EXPECT_EQ(escaped("a\n\x1b", "\n"), "a\n\\x1b");
    EXPECT_EQ(escaped("\n", "\n"), "\n");
}

}  // namespace
}  // namespace hvfbd
