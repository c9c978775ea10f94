#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace console {

// One character of a text screen. Colours are pixels, 0x00RRGGBB, so that a changed palette is a changed
// cell.
struct Cell {
    char32_t code = U' ';
    std::uint32_t foreground = 0, background = 0;
    bool bold = false, underlined = false;

    bool operator==(const Cell&) const = default;
};

struct Position {
    unsigned column = 0, row = 0;

    bool operator==(const Position&) const = default;
};

// A text screen, wherever it comes from.
struct Grid {
    unsigned columns = 0, rows = 0;
    std::vector<Cell> cells;         // rows * columns
    std::optional<Position> cursor;  // none: it is not shown, or nobody knows where it is

    const Cell& at(unsigned column, unsigned row) const { return cells[row * columns + column]; }
};

// Whether a screen of text or more scrolled through in between, so that nobody could read it: the cursor is
// in the last line of both, and of `before` the last line that has text is nowhere in `now`.
bool scrolled_past(const Grid& before, const Grid& now);

}  // namespace console
