#pragma once

#include <cstdint>
#include <vector>

#include "console/grid.h"

namespace console {

// The text of a screen, a number for each row, so that rows are compared at once. Colours do not count: a
// changed palette moves no text.
class ScreenRows {
  public:
    ScreenRows() = default;
    explicit ScreenRows(const Grid& grid);

    unsigned count() const { return unsigned(hashes_.size()); }
    std::uint64_t hash(unsigned row) const { return hashes_[row]; }
    bool is_blank(unsigned row) const { return blank_[row]; }
    // The row of the cursor; where that is not known, the last one with text.
    unsigned cursor() const { return cursor_; }

  private:
    std::vector<std::uint64_t> hashes_;
    std::vector<bool> blank_;
    unsigned cursor_ = 0;
};

// What became of a screen between two readings.
struct Movement {
    enum Kind {
        in_place,    // nothing moved, or a part of the screen only
        scrolled,    // the first `lines` rows went off at its top
        scrolled_on  // nothing of it is left: so much was written that more lines may have come and gone
    };
    Kind kind = in_place;
    unsigned lines = 0;
    // The whole moved, and not all of it but some rows at its end. A program that paints the whole screen
    // does not move so.
    bool as_a_whole = false;
    // Another text is there, and not by scrolling: a program that paints the whole screen has begun or ended.
    bool replaced = false;
};

// Only cells are known, so it is a judgement: text that is the same before and after has not scrolled.
// `painted`: since it was replaced it has not scrolled as a whole. Then a program may have rows of its own at
// its end that stay (vim), and what moves above them is not kept; otherwise it is (apt's progress).
// Both have the same number of rows and columns.
Movement movement_between(const Grid& before, const ScreenRows& rows_before, const Grid& after,
                          const ScreenRows& rows_after, bool painted);

}  // namespace console
