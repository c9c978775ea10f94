#include "console/scrollback.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "virtual_screen.h"

namespace console {
namespace {

using Lines = std::vector<std::u32string>;

const std::u32string gap = U"[lines that went by too fast may be missing here]";

std::u32string text_of(unsigned number) {
    return U"line " + digits_of(number);
}

struct ScrollbackTest : testing::Test {
    VirtualScreen screen{60, 12};
    Scrollback lines{1000};
    Lines expected;
    unsigned printed = 0;

    void print(unsigned count) {
        while (count-- > 0) screen.print(text_of(++printed));
    }
    void see() { lines.see(screen.grid()); }
    // All lines that went off are expected to be kept.
    void see_all() {
        see();
        for (std::u32string& line : screen.take_gone()) expected.push_back(line);
    }
    static Lines kept_of(const Scrollback& lines, unsigned columns = 60) {
        Lines kept;
        Grid grid;
        grid.columns = columns;
        grid.rows = 1;
        grid.cells.resize(columns);
        for (std::size_t back = lines.size(); back-- > 0;) {
            lines.put(back, grid, 0);
            kept.push_back(VirtualScreen::row_of(grid, 0));
        }
        return kept;
    }
    Lines kept() const { return kept_of(lines); }
};

TEST_F(ScrollbackTest, keeps_what_scrolled_off_between_two_readings) {
    screen.print(U"$ seq");
    see_all();
    print(3);
    see_all();
    print(8);
    see_all();
    EXPECT_EQ(kept(), Lines{U"$ seq"});
    print(7);
    see_all();
    print(1);
    see_all();
    EXPECT_EQ(kept(), expected);
    EXPECT_EQ(kept().size(), 9U);
}

TEST_F(ScrollbackTest, keeps_everything_where_some_lines_of_each_screen_are_left_at_the_next_reading) {
    std::mt19937 random(1);
    const auto upto = [&random](unsigned most) {
        return std::uniform_int_distribution<unsigned>(0, most)(random);
    };
    see();
    for (unsigned i = 0; i < 3000; ++i) {
        for (unsigned count = upto(7); count > 0; --count) {
            // Blank lines and the same lines again and again are there as well, not more than a few at once.
            if (upto(9) == 0)
                screen.print(U"");
            else if (upto(9) == 0)
                screen.print(U"ok");
            else
                screen.print(text_of(++printed));
            // What was seen of a line that is not whole.
            if (upto(9) == 0) {
                screen.write(U"partly ");
                break;
            }
        }
        see_all();
    }
    Lines newest(expected.end() - 1000, expected.end());
    EXPECT_TRUE(kept() == newest);
    EXPECT_EQ(std::ranges::count(kept(), gap), 0);
}

TEST_F(ScrollbackTest, keeps_lines_that_were_printed_in_their_order_and_says_where_some_are_missing) {
    std::mt19937 random(2);
    std::geometric_distribution<unsigned> count(0.03);
    Lines all;
    bool missed = false;
    for (unsigned i = 0; i < 25; ++i) {
        see();
        for (unsigned left = count(random); left > 0; --left) {
            all.push_back(text_of(++printed));
            screen.print(all.back());
        }
    }
    see();
    std::size_t at = 0;
    bool said = false;
    for (const std::u32string& line : kept()) {
        if (line == gap) {
            said = missed = true;
            continue;
        }
        const auto found = std::find(all.begin() + std::ptrdiff_t(at), all.end(), line);
        ASSERT_NE(found, all.end());
        const auto place = std::size_t(found - all.begin());
        EXPECT_TRUE(said || place == at) << "lines are missing and nothing says so";
        said = false;
        at = place + 1;
    }
    EXPECT_TRUE(missed);
}

TEST_F(ScrollbackTest, keeps_no_more_lines_than_wanted) {
    Scrollback few(5), none(0);
    for (unsigned i = 0; i < 100; ++i) {
        print(2);
        few.see(screen.grid());
        none.see(screen.grid());
    }
    const Lines newest = kept_of(few);
    EXPECT_EQ(newest.size(), 5U);
    EXPECT_EQ(newest.back(), text_of(200 - 11));
    EXPECT_EQ(none.size(), 0U);
}

TEST_F(ScrollbackTest, keeps_nothing_of_a_window_that_scrolls_on_the_screen) {
    print(5);
    see();
    // As vim: text, a line of its own at the bottom, and the cursor anywhere.
    for (unsigned row = 0; row < 11; ++row) screen.put(row, text_of(100 + row));
    screen.put(11, U"\"file\" 200 lines");
    screen.move(0, 0);
    see();
    for (unsigned i = 0; i < 50; ++i) {
        screen.scroll(0, 11);
        screen.put(10, text_of(111 + i));
        screen.move(3, i % 11);
        if (i == 20) screen.put(11, U"");
        see();
    }
    for (unsigned i = 0; i < 20; ++i) {
        screen.scroll_down(0, 11);
        screen.put(0, text_of(150 - i));
        see();
    }
    // As htop, with a line of its own at the top, and the cursor out of the way at the end.
    for (unsigned i = 0; i < 20; ++i) {
        screen.put(0, U"CPU");
        screen.scroll(1, 12);
        screen.put(11, text_of(i));
        screen.move(59, 11);
        see();
    }
    EXPECT_EQ(kept(), Lines{});
}

TEST_F(ScrollbackTest, keeps_nothing_of_a_pager_that_goes_back) {
    print(30);
    screen.write(U":");
    see();
    for (unsigned i = 1; i < 20; ++i) {
        screen.scroll_down(0, 11);
        screen.put(0, text_of(100 - i));
        see();
    }
    EXPECT_EQ(kept(), Lines{});
}

TEST_F(ScrollbackTest, keeps_what_scrolls_above_a_line_that_shows_progress) {
    print(11);
    see();
    screen.put(11, U"Progress: [  1%]");
    screen.move(0, 10);
    screen.scroll(0, 11);
    see();
    for (unsigned i = 0; i < 10; ++i) {
        screen.put(10, text_of(100 + i));
        screen.put(11, i % 2 == 0 ? U"Progress: [ 10%]" : U"Progress: [ 20%]");
        screen.scroll(0, 11);
        see();
    }
    EXPECT_EQ(kept().size(), 11U);
    EXPECT_EQ(kept().front(), text_of(1));
    EXPECT_EQ(kept().back(), text_of(11));
}

TEST_F(ScrollbackTest, keeps_on_after_the_screen_was_cleared_or_painted) {
    print(20);
    see();
    screen.clear();
    screen.write(U"$ ");
    see();
    screen.write(U"vim");
    see();
    for (unsigned row = 0; row < 12; ++row) screen.put(row, text_of(500 + row));
    screen.move(0, 3);
    see();
    screen.put(11, U"$ ");
    screen.move(2, 11);
    see();
    EXPECT_EQ(kept(), Lines{});
    (void)screen.take_gone();
    screen.line_feed();
    see_all();
    print(5);
    see_all();
    EXPECT_EQ(kept(), expected);
    EXPECT_EQ(expected.size(), 6U);
}

TEST_F(ScrollbackTest, keeps_nothing_while_somebody_types_below_text_that_repeats_or_is_not_there) {
    for (unsigned i = 0; i < 6; ++i) {
        screen.print(U"a");
        screen.print(U"b");
    }
    see();
    screen.write(U"typed");
    see();
    screen.clear();
    screen.move(0, 11);
    screen.write(U"$ ");
    see();
    lines.forget();
    see();
    screen.write(U"typed");
    see();
    EXPECT_EQ(kept(), Lines{});
}

TEST_F(ScrollbackTest, says_that_lines_may_be_missing_where_a_screen_that_was_empty_is_full) {
    see();
    print(30);
    see();
    EXPECT_EQ(kept(), Lines{gap});
}

TEST_F(ScrollbackTest, takes_another_size_as_a_beginning) {
    print(20);
    see();
    print(3);
    see_all();
    expected.assign({text_of(10), text_of(11), text_of(12)});
    EXPECT_EQ(kept(), expected);
    screen.clear(40, 8);
    print(20);
    see();
    (void)screen.take_gone();
    print(2);
    see_all();
    EXPECT_EQ(kept(), expected);
    EXPECT_EQ(kept_of(lines, 3).front(), U"lin");
    lines.forget();
    EXPECT_EQ(lines.size(), 0U);
}

TEST_F(ScrollbackTest, keeps_colours) {
    VirtualScreen coloured(4, 2);
    Grid grid = coloured.grid();
    grid.cells[0] = {U'a', 1, 2};
    grid.cells[1] = {U'b', 1, 2};
    grid.cells[2] = {U' ', 7, 3};
    grid.cells[4] = {U'c', 7, 0};
    grid.cursor = Position{1, 1};
    lines.see(grid);
    Grid next = grid;
    std::copy(grid.cells.begin() + 4, grid.cells.end(), next.cells.begin());
    std::fill(next.cells.begin() + 4, next.cells.end(), Cell{});
    lines.see(next);
    ASSERT_EQ(lines.size(), 0U) << "nothing proves that it scrolled";
    // More rows prove it.
    Grid longer;
    longer.columns = 4;
    longer.rows = 3;
    longer.cells = grid.cells;
    longer.cells.resize(12);
    longer.cursor = Position{0, 2};
    lines.see(longer);
    next = longer;
    std::copy(longer.cells.begin() + 4, longer.cells.end(), next.cells.begin());
    lines.see(next);
    ASSERT_EQ(lines.size(), 1U);
    Grid out = coloured.grid();
    lines.put(0, out, 1);
    EXPECT_TRUE(std::equal(out.cells.begin() + 4, out.cells.end(), grid.cells.begin()));
}

}  // namespace
}  // namespace console
