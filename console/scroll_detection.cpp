#include "console/scroll_detection.h"

#include <algorithm>
#include <unordered_map>

#include "console/character_width.h"

namespace console {

namespace {

// Of the rows that stay, at the end of a screen whose other rows scroll.
constexpr unsigned part_that_may_stay = 4;
// A row that is found once before and once after proves more than one that is there again and again.
constexpr unsigned proof_by_one = 3;

// How often each row that has text is there.
std::unordered_map<std::uint64_t, unsigned> counts_of(const ScreenRows& rows) {
    std::unordered_map<std::uint64_t, unsigned> counts;
    for (unsigned row = 0; row < rows.count(); ++row)
        if (!rows.is_blank(row)) ++counts[rows.hash(row)];
    return counts;
}

class Comparison {
  public:
    Comparison(const Grid& before, const ScreenRows& rows_before, const Grid& after,
               const ScreenRows& rows_after)
        : before_(before),
          after_(after),
          old_(rows_before),
          new_(rows_after),
          rows_(rows_before.count()),
          cursor_(rows_before.cursor()),
          old_counts_(counts_of(rows_before)),
          new_counts_(counts_of(rows_after)) {}

    // The text above the cursor, behind which programs write, is where it was.
    bool stays() const {
        unsigned proof = 0;
        for (unsigned row = 0; row < cursor_; ++row) {
            if (old_.hash(row) != new_.hash(row)) return false;
            proof += proof_of(row, row);
        }
        return proof > 0 || begins_alike();
    }

    // How many rows, from `lines` on, are that much higher now, and whether that is proven.
    struct Moved {
        unsigned rows = 0, proof = 0;
    };
    Moved moved_by(unsigned lines) const {
        Moved moved;
        for (unsigned row = lines; row < rows_; ++row, ++moved.rows) {
            // The row that was written on; and what was empty below it, which was filled before it scrolled.
            if (row == cursor_ || (row > cursor_ && old_.is_blank(row))) continue;
            if (old_.hash(row) != new_.hash(row - lines)) break;
            moved.proof += proof_of(row, row - lines);
        }
        return moved;
    }

    // A terminal scrolls when its last row is full and the cursor leaves it.
    bool ends_at_the_bottom() const { return new_.cursor() + 1 == rows_ || !new_.is_blank(rows_ - 1); }

    // How many rows with text are `distance` rows higher, or lower where it is negative.
    unsigned alike_at(int distance) const {
        unsigned found = 0;
        for (unsigned row = 0; row < rows_; ++row) {
            const int now = int(row) - distance;
            if (now < 0 || now >= int(rows_) || old_.is_blank(row)) continue;
            if (old_.hash(row) == new_.hash(unsigned(now))) ++found;
        }
        return found;
    }

    unsigned rows_with_text() const {
        unsigned count = 0;
        for (unsigned row = 0; row < rows_; ++row) count += old_.is_blank(row) ? 0 : 1;
        return count;
    }

  private:
    unsigned proof_of(unsigned row, unsigned now) const {
        if (old_.is_blank(row)) return 0;
        const bool once = old_counts_.at(old_.hash(row)) == 1 && new_counts_.at(new_.hash(now)) == 1;
        return once ? proof_by_one : 1;
    }

    // What was written of the cursor's row is there still.
    bool begins_alike() const {
        if (old_.is_blank(cursor_)) return false;
        const unsigned columns = before_.cursor ? before_.cursor->column : before_.columns;
        for (unsigned column = 0; column < columns; ++column)
            if (before_.at(column, cursor_).code != after_.at(column, cursor_).code) return false;
        return columns > 0;
    }

    const Grid &before_, &after_;
    const ScreenRows &old_, &new_;
    unsigned rows_, cursor_;
    std::unordered_map<std::uint64_t, unsigned> old_counts_, new_counts_;
};

// A part of the screen scrolled, up or down: a window of a program.
bool moved_in_part(const Comparison& comparison, unsigned rows) {
    const unsigned wanted = std::max(comparison.rows_with_text() / 2, 1U);
    for (int distance = -int(rows) + 1; distance < int(rows); ++distance)
        if (comparison.alike_at(distance) >= wanted) return true;
    return false;
}

}  // namespace

ScreenRows::ScreenRows(const Grid& grid) : hashes_(grid.rows), blank_(grid.rows, true) {
    constexpr std::uint64_t start = 0xcbf29ce484222325, factor = 0x100000001b3;
    unsigned last_with_text = 0;
    for (unsigned row = 0; row < grid.rows; ++row) {
        std::uint64_t hash = start;
        bool blank = true;
        for (unsigned column = 0; column < grid.columns; ++column) {
            const char32_t code = grid.at(column, row).code;
            blank = blank && (code == U' ' || console::is_blank(code));
            hash = (hash ^ code) * factor;
        }
        hashes_[row] = hash ^ hash >> 32;
        blank_[row] = blank;
        if (!blank) last_with_text = row;
    }
    cursor_ = grid.cursor ? grid.cursor->row : last_with_text;
}

Movement movement_between(const Grid& before, const ScreenRows& rows_before, const Grid& after,
                          const ScreenRows& rows_after, bool painted) {
    const unsigned rows = rows_before.count();
    const Comparison comparison(before, rows_before, after, rows_after);
    if (comparison.stays()) return {};
    if (comparison.ends_at_the_bottom()) {
        for (unsigned lines = 1; lines < rows; ++lines) {
            const auto moved = comparison.moved_by(lines);
            const bool whole = lines + moved.rows == rows;
            if (whole && moved.proof >= proof_by_one) return {Movement::scrolled, lines, true, false};
            const unsigned enough = (rows - lines) - (rows - lines) / part_that_may_stay;
            if (!painted && moved.rows >= enough && moved.proof >= 2 * proof_by_one)
                return {Movement::scrolled, lines, false, false};
        }
    }
    if (moved_in_part(comparison, rows)) return {};
    const bool writes_on = rows_after.cursor() + 1 == rows;
    if (writes_on) return {Movement::scrolled_on, 0, true, false};
    return {Movement::in_place, 0, false, true};
}

}  // namespace console
