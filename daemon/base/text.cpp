#include "base/text.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>

namespace hvfbd {

namespace {

struct Range {
    char32_t first, last;
};

// Controls, and of Unicode's Cf, Zl, Zp and Default_Ignorable_Code_Point all: what formats, reorders, joins
// or does not show. Surrogates and what is beyond U+10FFFF are no characters.
constexpr std::array<Range, 31> hidden{{
    {0x00, 0x1f},         {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
    {0x61c, 0x61c},       {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},     {0x8e2, 0x8e2},
    {0x115f, 0x1160},     {0x17b4, 0x17b5},   {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},
    {0x2060, 0x206f},     {0x3164, 0x3164},   {0xd800, 0xdfff},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},     {0xfff0, 0xfffb},   {0xfffe, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
    {0x13430, 0x1343f},   {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0x1fffe, 0x1ffff}, {0xe0000, 0xe0fff},
    {0x10fffe, 0x1fffff},
}};

// How many bytes at the beginning are one character that is seen; 0: none are.
std::size_t seen(std::string_view text) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    // The number of ones before the first zero is the length; none are ASCII, one continues a character.
    int ones = std::countl_one(byte(0));
    auto length = static_cast<std::size_t>(std::max(ones, 1));
    if (ones == 1 || ones > 4 || length > text.size()) return 0;
    char32_t point = byte(0) & (0x7fU >> static_cast<unsigned>(ones));
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xc0U) != 0x80U) return 0;
        point = point << 6U | (byte(i) & 0x3fU);
    }
    constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    if (point < least.at(length)) return 0;  // longer than it need be
    bool shows = std::ranges::none_of(
        hidden, [&](const Range& range) { return point >= range.first && point <= range.last; });
    return shows ? length : 0;
}

}  // namespace

bool is_plain(std::string_view text) {
    while (!text.empty()) {
        std::size_t length = seen(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string escaped(std::string_view text, std::string_view allowed) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string result;
    while (!text.empty()) {
        std::size_t length = seen(text);
        if (allowed.find(text.front()) != std::string_view::npos) length = 1;
        if (length > 0) {
            result += text.substr(0, length);
        } else {
            auto byte = static_cast<unsigned char>(text.front());
            result += "\\x";
            result += digits[byte >> 4U];
            result += digits[byte & 0xfU];
            length = 1;
        }
        text.remove_prefix(length);
    }
    return result;
}

}  // namespace hvfbd
