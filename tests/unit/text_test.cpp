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
}

}  // namespace
}  // namespace hvfbd
