#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace hvfbd {

// The number with which a text begins, and the text after it. Nothing: the text begins with no number, or
// with one that does not fit into `Number`.
template <typename Number = std::uint64_t>
std::optional<std::pair<Number, std::string_view>> leading_number(std::string_view text, int base = 10) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc()) return std::nullopt;
    return std::pair(value, std::string_view(stopped, static_cast<std::size_t>(end - stopped)));
}

// A whole number in digits and nothing else. Nothing: it is none, or does not fit into `Number`.
template <typename Number = std::uint64_t>
std::optional<Number> whole_number(std::string_view text, int base = 10) {
    const auto number = leading_number<Number>(text, base);
    if (!number || !number->second.empty()) return std::nullopt;
    return number->first;
}

// A whole number in hexadecimal digits, with or without 0x.
template <typename Number = std::uint64_t>
std::optional<Number> hexadecimal_number(std::string_view text) {
    if (text.starts_with("0x")) text.remove_prefix(2);
    return whole_number<Number>(text, 16);
}

// A whole number in decimal digits, or in hexadecimal ones after 0x, as the kernel's files have them.
template <typename Number = std::uint64_t>
std::optional<Number> prefixed_number(std::string_view text) {
    return text.starts_with("0x") ? hexadecimal_number<Number>(text) : whole_number<Number>(text);
}

// What stands before and after the first x of WIDTHxHEIGHT, which may be no numbers. Nothing: there is no x.
inline std::optional<std::pair<std::string_view, std::string_view>> sides_of_mode(std::string_view text) {
    const auto cross = text.find('x');
    if (cross == std::string_view::npos) return std::nullopt;
    return std::pair(text.substr(0, cross), text.substr(cross + 1));
}

// WIDTHxHEIGHT. Nothing: it is none, or does not fit.
template <typename Number = std::uint32_t>
std::optional<std::pair<Number, Number>> mode_in(std::string_view text) {
    const auto sides = sides_of_mode(text);
    const auto width = sides ? whole_number<Number>(sides->first) : std::nullopt;
    const auto height = sides ? whole_number<Number>(sides->second) : std::nullopt;
    if (!width || !height) return std::nullopt;
    return std::pair(*width, *height);
}

}  // namespace hvfbd
