#include "table.h"

#include <drm_fourcc.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/text.h"

namespace hvfbctl {

namespace {

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string with_decimals(double number, int decimals) {
    std::array<char, 64> text{};
    const int length = std::snprintf(text.data(), text.size(), "%.*f", decimals, number);
    return {text.data(), static_cast<std::size_t>(length)};
}

// Three digits that mean something.
std::string three_digits(double number) {
    return with_decimals(number, number < 10 ? 2 : number < 100 ? 1 : 0);
}

}  // namespace

void Table::add(std::vector<std::string> cells, Colour colour) {
    cells.resize(columns_.size());
    for (std::string& cell : cells) cell = hvfbd::escaped(cell);
    rows_.emplace_back(std::move(cells), colour);
}

void Table::print(std::ostream& out, std::string_view indent, const Style& style) const {
    std::vector<std::size_t> widths(columns_.size());
    for (const auto& [row, colour] : rows_)
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], code_points(row[i]));
    for (const auto& [row, colour] : rows_) {
        std::string line(indent);
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string padding(widths[i] - code_points(row[i]), ' ');
            line += columns_[i] == Align::left ? row[i] + padding : padding + row[i];
            if (i + 1 < row.size()) line += "  ";
        }
        line.erase(line.find_last_not_of(' ') + 1);
        out << style.paint(colour, line) << '\n';
    }
}

std::string grouped(std::uint64_t number) {
    std::string digits = std::to_string(number);
    for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, 1, ' ');
    return digits;
}

std::string counted(std::uint64_t number, const std::string& noun) {
    return grouped(number) + " " + noun + (number == 1 ? "" : "s");
}

std::string short_number(double number) {
    constexpr std::array<const char*, 5> units = {"", " k", " M", " G", " T"};
    std::size_t unit = 0;
    while (number >= 999.5 && unit + 1 < units.size()) {
        number /= 1000;
        ++unit;
    }
    return (unit == 0 ? with_decimals(number, number < 10 && number != static_cast<int>(number) ? 1 : 0)
                      : three_digits(number)) +
           units[unit];
}

std::string duration(double nanoseconds) {
    constexpr std::array<const char*, 4> units = {" ns", " us", " ms", " s"};
    std::size_t unit = 0;
    while (nanoseconds >= 999.5 && unit + 1 < units.size()) {
        nanoseconds /= 1000;
        ++unit;
    }
    return (unit == 0 ? with_decimals(nanoseconds, 0) : three_digits(nanoseconds)) + units[unit];
}

std::string format_name(std::uint32_t fourcc) {
    switch (fourcc) {
        case DRM_FORMAT_XRGB8888:
            return "XRGB8888";
        case DRM_FORMAT_ARGB8888:
            return "ARGB8888";
        case DRM_FORMAT_XBGR8888:
            return "XBGR8888";
        case DRM_FORMAT_RGB565:
            return "RGB565";
        default:
            break;
    }
    std::string letters;
    for (const unsigned shift : {0U, 8U, 16U, 24U}) {
        const char letter = static_cast<char>(fourcc >> shift);
        letters += letter >= ' ' && letter <= '~' ? letter : '?';
    }
    return letters;
}

}  // namespace hvfbctl
