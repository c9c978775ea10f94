#include "top_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace hvfbctl {

namespace {

struct Character {
    std::string_view bytes;
    std::size_t columns;
};

bool is_within(char32_t c, std::initializer_list<std::pair<char32_t, char32_t>> ranges) {
    return std::ranges::any_of(ranges,
                               [c](const auto& range) { return c >= range.first && c <= range.second; });
}

// Those of East Asia and pictures take two; what is written above another takes none.
std::size_t columns_of_character(char32_t c) {
    if (is_within(c, {{0x300, 0x36f}, {0x200b, 0x200d}, {0xfe00, 0xfe0f}})) return 0;
    return is_within(c, {{0x1100, 0x115f},
                         {0x2e80, 0xa4cf},
                         {0xac00, 0xd7a3},
                         {0xf900, 0xfaff},
                         {0xfe30, 0xfe6f},
                         {0xff00, 0xff60},
                         {0xffe0, 0xffe6},
                         {0x1f300, 0x1faff},
                         {0x20000, 0x3fffd}})
               ? 2
               : 1;
}

// Of a text in UTF-8 that is not empty, its first character.
Character first_of(std::string_view text) {
    const auto byte = static_cast<unsigned char>(text.front());
    const std::size_t wanted = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    const std::size_t length = std::min(wanted, text.size());
    char32_t c = length == 1 ? byte : byte & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) c = c << 6 | (static_cast<unsigned char>(text[i]) & 0x3fU);
    return {text.substr(0, length), columns_of_character(c)};
}

std::string padded(std::string_view text, std::size_t columns, bool right = false) {
    std::string result = clipped(text, columns);
    const std::string padding(columns - columns_of(result), ' ');
    return right ? padding + result : result + padding;
}

// At blanks, where words are not longer than a line.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
    std::vector<std::string> lines;
    while (columns_of(text) > columns) {
        const std::size_t most = clipped(text, columns).size();
        std::size_t at = text.rfind(' ', most);
        if (at == std::string_view::npos || at == 0) at = std::max<std::size_t>(1, most);
        lines.emplace_back(text.substr(0, at));
        text.remove_prefix(at);
        text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    }
    if (!text.empty() || lines.empty()) lines.emplace_back(text);
    return lines;
}

std::string in_ascii(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const Character first = first_of(text);
        result += first.bytes.size() == 1 ? std::string(first.bytes) : "?";
        text.remove_prefix(first.bytes.size());
    }
    return result;
}

// How wide the parts of a row are.
struct Columns {
    std::size_t label = 0, value = 8, bar = 0, history = 0;

    explicit Columns(const TopContent& content, std::size_t width) {
        constexpr std::size_t gap = 2, least = 8, longest_bar = 30;
        for (const auto* rows : {&content.rates, &content.stages})
            for (const TopRow& row : *rows) label = std::max(label, columns_of(row.label));
        const std::size_t used = label + gap + value + gap;
        if (width < used + least) return;
        const std::size_t left = width - used;
        bar = std::min(left, longest_bar);
        if (left < 2 * least + gap) return;
        bar = std::min((left - gap) / 2, longest_bar);
        history = left - gap - bar;
    }
};

std::string row_text(const TopRow& row, const Columns& columns, bool unicode) {
    std::string text = padded(row.label, columns.label) + "  " + padded(row.value, columns.value, true);
    if (row.part < 0) return text;
    if (columns.bar > 0) text += "  " + padded(bar(row.part, columns.bar, unicode), columns.bar);
    if (columns.history > 0) text += "  " + sparkline(row.history, columns.history, unicode);
    return text;
}

}  // namespace

std::size_t columns_of(std::string_view text) {
    std::size_t columns = 0;
    while (!text.empty()) {
        const Character first = first_of(text);
        columns += first.columns;
        text.remove_prefix(first.bytes.size());
    }
    return columns;
}

std::string clipped(std::string_view text, std::size_t columns) {
    std::size_t used = 0, end = 0;
    while (end < text.size()) {
        const Character next = first_of(text.substr(end));
        if (used + next.columns > columns) break;
        used += next.columns;
        end += next.bytes.size();
    }
    return std::string(text.substr(0, end));
}

std::string bar(double part, std::size_t columns, bool unicode) {
    constexpr std::array<const char*, 8> pieces = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const double within = std::isfinite(part) ? std::clamp(part, 0.0, 1.0) : 0;
    // What is not nothing is seen.
    const auto eighths =
        static_cast<std::size_t>(std::ceil(within * static_cast<double>(columns) * 8 - 1e-9));
    std::string text;
    if (!unicode) return text.assign((eighths + 7) / 8, '#');
    for (std::size_t i = 0; i < eighths / 8; ++i) text += "█";
    return text + pieces.at(eighths % 8);
}

std::string sparkline(const std::vector<double>& values, std::size_t columns, bool unicode) {
    constexpr std::array<const char*, 9> blocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    constexpr std::array<const char*, 9> letters = {" ", ".", ".", ":", ":", "|", "|", "#", "#"};
    const std::size_t count = std::min(values.size(), columns);
    double highest = 0;
    for (std::size_t i = values.size() - count; i < values.size(); ++i)
        highest = std::max(highest, values[i]);
    std::string text(columns - count, ' ');
    for (std::size_t i = values.size() - count; i < values.size(); ++i) {
        const double part = highest > 0 ? std::max(0.0, values[i]) / highest : 0;
        const auto step = static_cast<std::size_t>(std::ceil(part * 8 - 1e-9));
        text += unicode ? blocks.at(step) : letters.at(step);
    }
    return text;
}

std::vector<TopLine> lay_out(const TopContent& content, std::size_t width, std::size_t height, bool unicode) {
    std::vector<TopLine> lines;
    const TopLine empty;
    for (const std::string& line : wrapped(content.head, std::max<std::size_t>(width, 1)))
        lines.push_back({line, Colour::bold});
    if (!content.reason.empty())
        for (const std::string& line : wrapped(content.reason, std::max<std::size_t>(width, 1)))
            lines.push_back({line, Colour::yellow});
    const Columns columns(content, width);
    for (const auto* rows : {&content.rates, &content.stages}) {
        if (!rows->empty()) lines.push_back(empty);
        for (const TopRow& row : *rows) lines.push_back({row_text(row, columns, unicode)});
    }
    if (!content.surfaces.empty()) lines.push_back(empty);
    for (const std::string& surface : content.surfaces) lines.push_back({surface});
    for (auto line = lines.end(); lines.size() > height && line != lines.begin();)
        if (*--line == empty) line = lines.erase(line);
    if (lines.size() > height) lines.resize(height);
    for (TopLine& line : lines) {
        if (!unicode) line.text = in_ascii(line.text);
        line.text = clipped(line.text, width);
        line.text.erase(line.text.find_last_not_of(' ') + 1);
    }
    return lines;
}

}  // namespace hvfbctl
