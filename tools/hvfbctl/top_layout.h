#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "style.h"

namespace hvfbctl {

// One thing that is measured.
struct TopRow {
    std::string label, value;
    double part = 0;              // 0 to 1: how long its bar is; below 0: it has none
    std::vector<double> history;  // the newest at the end
};

// What `hvfbctl top` shows, before it is known how much room there is.
struct TopContent {
    std::string head;
    std::string reason;  // why nothing is shown; empty: it is
    std::vector<TopRow> rates, stages;
    std::vector<std::string> surfaces;  // a line each
};

struct TopLine {
    std::string text;
    Colour colour = Colour::none;
    bool operator==(const TopLine&) const = default;
};

// The lines of a window of `width` columns and `height` lines: never more, and none longer. What there is no
// room for is left out: history, bars, empty lines, and what stands furthest down. Pure.
std::vector<TopLine> lay_out(const TopContent& content, std::size_t width, std::size_t height, bool unicode);

// The columns that a text takes on a terminal.
std::size_t columns_of(std::string_view text);
// The beginning of it that takes no more than that.
std::string clipped(std::string_view text, std::size_t columns);
// `part` of `columns`, to an eighth of a column where there is Unicode.
std::string bar(double part, std::size_t columns, bool unicode);
// A column for each of the last values, as high as it is in comparison with the highest.
std::string sparkline(const std::vector<double>& values, std::size_t columns, bool unicode);

}  // namespace hvfbctl
