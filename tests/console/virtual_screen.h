#pragma once

#include <string>
#include <utility>
#include <vector>

#include "console/grid.h"

namespace console {

inline std::u32string digits_of(unsigned number) {
    const std::string digits = std::to_string(number);
    return {digits.begin(), digits.end()};
}

// A terminal that a test writes on: it scrolls as one does, and says what went off at its top.
class VirtualScreen {
  public:
    VirtualScreen(unsigned columns, unsigned rows) { clear(columns, rows); }

    void clear(unsigned columns, unsigned rows) {
        grid_ = {};
        grid_.columns = columns;
        grid_.rows = rows;
        grid_.cells.resize(std::size_t(columns) * rows);
        grid_.cursor = Position{};
    }
    void clear() { clear(grid_.columns, grid_.rows); }

    void print(const std::u32string& line) {
        write(line);
        line_feed();
    }
    // Without a line feed.
    void write(const std::u32string& text) {
        for (const char32_t code : text) {
            if (grid_.cursor->column == grid_.columns) line_feed();
            cell(grid_.cursor->column++, grid_.cursor->row).code = code;
        }
    }
    void line_feed() {
        grid_.cursor->column = 0;
        if (grid_.cursor->row + 1 < grid_.rows)
            ++grid_.cursor->row;
        else
            scroll(0, grid_.rows);
    }
    // Rows from `top` to before `bottom` go up by one.
    void scroll(unsigned top, unsigned bottom) {
        if (top == 0 && bottom == grid_.rows) gone_.push_back(row(0));
        for (unsigned y = top; y + 1 < bottom; ++y)
            for (unsigned x = 0; x < grid_.columns; ++x) cell(x, y) = cell(x, y + 1);
        for (unsigned x = 0; x < grid_.columns; ++x) cell(x, bottom - 1) = {};
    }
    void scroll_down(unsigned top, unsigned bottom) {
        for (unsigned y = bottom - 1; y > top; --y)
            for (unsigned x = 0; x < grid_.columns; ++x) cell(x, y) = cell(x, y - 1);
        for (unsigned x = 0; x < grid_.columns; ++x) cell(x, top) = {};
    }
    void put(unsigned at, const std::u32string& text) {
        for (unsigned x = 0; x < grid_.columns; ++x) cell(x, at).code = x < text.size() ? text[x] : U' ';
    }
    void move(unsigned column, unsigned row) { grid_.cursor = Position{column, row}; }

    const Grid& grid() const { return grid_; }
    std::u32string row(unsigned at) const { return row_of(grid_, at); }
    // Lines that scrolled off since the last time.
    std::vector<std::u32string> take_gone() { return std::exchange(gone_, {}); }

    // Without the blanks at its end.
    static std::u32string row_of(const Grid& grid, unsigned at) {
        std::u32string text;
        for (unsigned x = 0; x < grid.columns; ++x) text += grid.at(x, at).code;
        text.erase(text.find_last_not_of(U' ') + 1);
        return text;
    }

  private:
    Cell& cell(unsigned column, unsigned row) { return grid_.cells[row * grid_.columns + column]; }

    Grid grid_;
    std::vector<std::u32string> gone_;
};

}  // namespace console
