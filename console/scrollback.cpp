#include "console/scrollback.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace console {

namespace {

constexpr std::u32string_view words_of_gap = U"[lines that went by too fast may be missing here]";

bool is_empty(const Cell& cell, const Cell& usual) {
    return cell.code == U' ' && cell.background == usual.background;
}

Cell look_of(const Cell& cell) {
    Cell look = cell;
    look.code = U' ';
    return look;
}

}  // namespace

// Colours of the last cell are those that an empty line has.
Scrollback::Line Scrollback::line_of(const Grid& grid, unsigned row) {
    const Cell usual;
    unsigned columns = grid.columns;
    while (columns > 0 && is_empty(grid.at(columns - 1, row), usual)) --columns;
    Line line;
    line.codes.reserve(columns);
    for (unsigned column = 0; column < columns; ++column) {
        const Cell& cell = grid.at(column, row);
        line.codes.push_back(cell.code);
        const Cell look = look_of(cell);
        if (line.runs.empty() || line.runs.back().look != look) line.runs.push_back({0, look});
        ++line.runs.back().columns;
    }
    return line;
}

// In the colours that text has in the first cell of the screen.
Scrollback::Line Scrollback::gap(const Grid& grid) {
    const std::u32string_view words = words_of_gap.substr(0, grid.columns);
    return {std::u32string(words), {{unsigned(words.size()), look_of(grid.cells.front())}}};
}

void Scrollback::add(Line line) {
    if (lines_.size() == most_lines_) lines_.pop_front();
    lines_.push_back(std::move(line));
}

unsigned Scrollback::add_rows(unsigned rows) {
    for (unsigned row = 0; row < rows; ++row) add(line_of(before_, row));
    return rows;
}

Scrollback::Seen Scrollback::see(const Grid& grid) {
    if (most_lines_ == 0 || grid.cells.empty()) return {};
    ScreenRows rows(grid);
    Seen seen;
    // Of a screen of another size nobody knows where its rows went.
    if (before_.columns == grid.columns && before_.rows == grid.rows) {
        const Movement movement = movement_between(before_, rows_before_, grid, rows, painted_);
        if (movement.kind == Movement::scrolled) seen.added = add_rows(movement.lines);
        if (movement.kind == Movement::scrolled_on) {
            // The row of the cursor was not whole yet.
            seen = {add_rows(rows_before_.cursor()) + 1, true};
            add(gap(grid));
        }
        painted_ = movement.replaced || (painted_ && !movement.as_a_whole);
    }
    before_ = grid;
    rows_before_ = std::move(rows);
    return seen;
}

void Scrollback::forget() {
    *this = Scrollback(most_lines_);
}

void Scrollback::put(std::size_t back, Grid& grid, unsigned row) const {
    const Line& line = lines_[lines_.size() - 1 - back];
    Cell* const cells = grid.cells.data() + std::size_t(row) * grid.columns;
    std::fill_n(cells, grid.columns, Cell{});
    std::size_t column = 0;
    for (const Run& run : line.runs)
        for (unsigned i = 0; i < run.columns && column < grid.columns; ++i, ++column) {
            cells[column] = run.look;
            cells[column].code = line.codes[column];
        }
}

}  // namespace console
