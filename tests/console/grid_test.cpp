#include "console/grid.h"

#include <gtest/gtest.h>

#include "fake_fonts.h"

namespace console {
namespace {

Grid grid_with_cursor(const std::vector<std::u32string>& lines, unsigned row) {
    Grid grid = grid_of(lines);
    grid.cursor = Position{0, row};
    return grid;
}

const std::vector<std::u32string> before = {U"one  ", U"two  ", U"three", U"     "};

TEST(ScrolledPast, is_what_has_no_line_of_the_screen_before) {
    EXPECT_TRUE(scrolled_past(grid_with_cursor(before, 3),
                              grid_with_cursor({U"four ", U"five ", U"six  ", U"     "}, 3)));
    EXPECT_FALSE(scrolled_past(grid_with_cursor(before, 3),
                               grid_with_cursor({U"three", U"four ", U"five ", U"     "}, 3)));
}

TEST(ScrolledPast, is_not_what_a_program_draws_with_its_cursor_elsewhere) {
    const std::vector<std::u32string> other = {U"four ", U"five ", U"six  ", U"     "};
    EXPECT_FALSE(scrolled_past(grid_with_cursor(before, 2), grid_with_cursor(other, 3)));
    EXPECT_FALSE(scrolled_past(grid_with_cursor(before, 3), grid_with_cursor(other, 0)));
    EXPECT_FALSE(scrolled_past(grid_of(before), grid_with_cursor(other, 3)));
}

TEST(ScrolledPast, is_not_what_follows_a_screen_without_text_or_of_another_size) {
    const std::vector<std::u32string> other = {U"four ", U"five ", U"six  ", U"     "};
    EXPECT_FALSE(scrolled_past(grid_with_cursor({U"     ", U"     ", U"     ", U"last "}, 3),
                               grid_with_cursor(other, 3)));
    EXPECT_FALSE(scrolled_past(grid_with_cursor({U"one", U"two"}, 1), grid_with_cursor(other, 3)));
    EXPECT_FALSE(scrolled_past(Grid{}, grid_with_cursor(other, 3)));
}

TEST(ScrolledPast, compares_the_last_line_that_has_text) {
    EXPECT_FALSE(scrolled_past(grid_with_cursor({U"one  ", U"two  ", U"     ", U"     "}, 3),
                               grid_with_cursor({U"two  ", U"     ", U"     ", U"end  "}, 3)));
}

}  // namespace
}  // namespace console
