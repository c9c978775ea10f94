#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <vector>

#include "console/grid.h"
#include "console/scroll_detection.h"

namespace console {

// What scrolled off one terminal. Sees what the terminal holds, one reading after the other, and keeps the
// lines that went off between two of them.
//
// Lines are whole and in their order, but not always all: where more than a screen went by between two
// readings, a line of its own says so. What is not known to have scrolled off is not kept.
class Scrollback {
  public:
    // At most so many lines are kept, the newest. 0: none.
    explicit Scrollback(unsigned most_lines) : most_lines_(most_lines) {}

    struct Seen {
        unsigned added = 0;  // lines; those that were dropped for them are not subtracted
        bool lost = false;   // there may have been more
    };
    Seen see(const Grid& grid);
    // Nothing that was seen is kept, and what is seen next is the first.
    void forget();

    std::size_t size() const { return lines_.size(); }
    // What the last see() was given.
    const Grid& seen() const { return before_; }
    // Writes a line over a row. 0 is the newest. What the row has no room for is left out.
    void put(std::size_t back, Grid& grid, unsigned row) const;

  private:
    // Cells of one look, one after the other.
    struct Run {
        unsigned columns = 0;
        Cell look;
    };
    // Without the blanks at its end.
    struct Line {
        std::u32string codes;
        std::vector<Run> runs;
    };

    static Line line_of(const Grid& grid, unsigned row);
    static Line gap(const Grid& grid);
    void add(Line line);
    unsigned add_rows(unsigned rows);

    unsigned most_lines_;
    std::deque<Line> lines_;  // the oldest first
    Grid before_;
    ScreenRows rows_before_;
    bool painted_ = false;  // movement_between()
};

}  // namespace console
