#include "console/grid.h"

#include <algorithm>
#include <cstddef>
#include <span>

#include "console/character_width.h"

namespace console {

namespace {

std::span<const Cell> row_of(const Grid& grid, unsigned row) {
    return std::span(grid.cells).subspan(std::size_t(row) * grid.columns, grid.columns);
}

bool ends_below(const Grid& grid) {
    return grid.cursor && grid.rows > 1 && grid.cursor->row == grid.rows - 1;
}

}  // namespace

bool scrolled_past(const Grid& before, const Grid& now) {
    if (!ends_below(before) || !ends_below(now) || before.columns != now.columns) return false;
    // The line of the cursor may not be complete.
    for (unsigned row = before.rows - 1; row-- > 0;) {
        const auto line = row_of(before, row);
        if (std::ranges::all_of(line, [](const Cell& cell) { return is_blank(cell.code); })) continue;
        for (unsigned other = 0; other < now.rows; ++other)
            if (std::ranges::equal(line, row_of(now, other))) return false;
        return true;
    }
    return false;
}

}  // namespace console
