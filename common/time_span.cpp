#include "common/time_span.h"

#include <algorithm>
#include <array>

#include "common/numbers.h"

namespace hvfbd {

namespace {

constexpr std::uint64_t second = 1'000'000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;

struct Unit {
    std::string_view name;
    std::uint64_t microseconds;
};

constexpr std::array written{Unit{"d", day},    Unit{"h", hour},  Unit{"min", minute},
                             Unit{"s", second}, Unit{"ms", 1000}, Unit{"us", 1}};

constexpr std::array taken{Unit{"us", 1},           Unit{"usec", 1},         Unit{"\xc2\xb5s", 1},
                           Unit{"\xce\xbcs", 1},    Unit{"ms", 1000},        Unit{"msec", 1000},
                           Unit{"s", second},       Unit{"sec", second},     Unit{"second", second},
                           Unit{"seconds", second}, Unit{"m", minute},       Unit{"min", minute},
                           Unit{"minute", minute},  Unit{"minutes", minute}, Unit{"h", hour},
                           Unit{"hr", hour},        Unit{"hour", hour},      Unit{"hours", hour},
                           Unit{"d", day},          Unit{"day", day},        Unit{"days", day}};

constexpr std::string_view white = " \t";

void skip_white(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(white), text.size()));
}

// A number, its fraction and its unit, taken off the beginning. Nothing: none of these, or too long.
std::optional<std::uint64_t> take_part(std::string_view& text, std::uint64_t unit) {
    constexpr std::string_view digits = "0123456789";
    const auto number = leading_number(text);
    if (!number) return std::nullopt;
    text = number->second;
    std::string_view fraction;
    if (text.starts_with('.')) {
        fraction = text.substr(1, std::min(text.find_first_not_of(digits, 1), text.size()) - 1);
        if (fraction.empty()) return std::nullopt;
        text.remove_prefix(1 + fraction.size());
    }
    skip_white(text);
    const std::string_view name = text.substr(0, std::min(text.find_first_of(" \t0123456789."), text.size()));
    if (!name.empty()) {
        const auto* const found = std::ranges::find(taken, name, &Unit::name);
        if (found == taken.end()) return std::nullopt;
        unit = found->microseconds;
        text.remove_prefix(name.size());
    }
    std::uint64_t sum = 0;
    if (__builtin_mul_overflow(number->first, unit, &sum)) return std::nullopt;
    for (std::uint64_t part = unit / 10; const char digit : fraction) {
        if (__builtin_add_overflow(sum, part * static_cast<std::uint64_t>(digit - '0'), &sum))
            return std::nullopt;
        part /= 10;
    }
    return sum;
}

}  // namespace

std::string time_span_text(std::uint64_t microseconds) {
    if (microseconds == 0) return "0";
    std::string text;
    for (const Unit& unit : written) {
        const std::uint64_t whole = microseconds / unit.microseconds;
        if (whole == 0) continue;
        const std::uint64_t rest = microseconds % unit.microseconds;
        text += (text.empty() ? "" : " ") + std::to_string(whole);
        if (microseconds < minute && rest != 0) {
            const std::string fraction = std::to_string(rest);
            const std::size_t places = std::to_string(unit.microseconds).size() - 1;
            return text + "." + std::string(places - fraction.size(), '0') + fraction +
                   std::string(unit.name);
        }
        text += unit.name;
        microseconds = rest;
    }
    return text;
}

std::optional<std::uint64_t> time_span_in(std::string_view text, std::uint64_t unit) {
    skip_white(text);
    if (text.empty()) return std::nullopt;
    std::uint64_t sum = 0;
    while (!text.empty()) {
        const auto part = take_part(text, unit);
        if (!part || __builtin_add_overflow(sum, *part, &sum)) return std::nullopt;
        skip_white(text);
    }
    return sum;
}

}  // namespace hvfbd
