#include "console/hex_font.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <string>
#include <vector>

namespace console {
namespace {

HexFont font_of(const std::string& text) {
    return {[text](std::span<char> buffer, std::uint64_t offset) {
                const std::size_t length = std::min<std::size_t>(
                    buffer.size(), text.size() - std::min<std::size_t>(offset, text.size()));
                std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(offset), length, buffer.begin());
                return length;
            },
            text.size()};
}

std::string line(unsigned code, char digit, std::size_t digits) {
    std::array<char, 16> number{};
    std::snprintf(number.data(), number.size(), "%04X:", code);
    return number.data() + std::string(digits, digit) + "\n";
}

TEST(HexFont, finds_every_character_of_it_and_no_other) {
    std::string text;
    for (unsigned code = 0x20; code < 0x400; code += 3)
        text += line(code, code % 2 != 0 ? 'F' : '1', code % 5 == 0 ? 64 : 32);
    text += line(0x1f642, 'A', 64);
    const HexFont font = font_of(text);
    for (unsigned code = 0; code < 0x410; ++code) {
        const bool there = code >= 0x20 && code < 0x400 && (code - 0x20) % 3 == 0;
        const auto glyph = font.find(code);
        ASSERT_EQ(glyph.has_value(), there) << code;
        if (!there) continue;
        EXPECT_EQ(glyph->width, code % 5 == 0 ? 16U : 8U) << code;
        EXPECT_EQ(glyph->rows.front(), code % 2 != 0 ? 0xff : 0x11) << code;
    }
    EXPECT_EQ(font.find(0x1f642)->rows, std::vector<std::uint8_t>(32, 0xaa));
    EXPECT_FALSE(font.find(0x10ffff));
}

TEST(HexFont, that_is_none_has_no_characters) {
    for (const std::string& text :
         {std::string(), std::string("\n"), std::string(500, 'x'), std::string("0041:"),
          std::string("0041:" + std::string(32, 'g')), std::string(":::\n:::\n"), line(0x41, '0', 30)})
        EXPECT_FALSE(font_of(text).find(0x41)) << text;
}

TEST(HexFont, without_an_end_of_its_last_line_has_that_too) {
    std::string text = line(0x40, '0', 32) + line(0x41, '1', 32);
    text.pop_back();
    EXPECT_TRUE(font_of(text).find(0x41));
    EXPECT_TRUE(font_of(text).find(0x40));
}

}  // namespace
}  // namespace console
