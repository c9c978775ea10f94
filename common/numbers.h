#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace hvfbd {

// A whole number in digits and nothing else. Nothing: it is none, or does not fit into `Number`.
template <typename Number = std::uint64_t>
std::optional<Number> whole_number(std::string_view text, int base = 10) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, value, base);
    if (error != std::errc() || stopped != end) return std::nullopt;
    return value;
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
