#include "console/scroll_view.h"

#include <gtest/gtest.h>

#include "virtual_screen.h"

namespace console {
namespace {

struct ScrollViewTest : testing::Test {
    VirtualScreen screen{20, 6};
    ScrollView scroll{100};
    TerminalId terminal{1, 5};
    unsigned printed = 0;

    ScrollViewTest() {
        see();
        for (unsigned i = 0; i < 30; ++i) print(1);  // 25 of them scroll off
    }
    void see() { scroll.see(terminal, screen.grid()); }
    void print(unsigned count) {
        while (count-- > 0) screen.print(digits_of(++printed));
        see();
    }
    ScrollPosition go(ScrollRequest::What what, unsigned lines = 0) { return scroll.scroll({what, lines}); }
    std::vector<std::u32string> shown() const {
        std::vector<std::u32string> rows;
        const Grid grid = scroll.view(screen.grid(), default_palette);
        for (unsigned row = 0; row < grid.rows; ++row) rows.push_back(VirtualScreen::row_of(grid, row));
        return rows;
    }
    using Rows = std::vector<std::u32string>;
};

TEST_F(ScrollViewTest, shows_what_scrolled_off_above_what_is_there_and_says_how_far) {
    EXPECT_EQ(shown(), (Rows{U"26", U"27", U"28", U"29", U"30", U""}));
    EXPECT_EQ(go(ScrollRequest::up, 2), (ScrollPosition{2, 25}));
    EXPECT_EQ(shown(), (Rows{U"24            [2/25]", U"25", U"26", U"27", U"28", U"29"}));
    EXPECT_EQ(scroll.view(screen.grid(), default_palette).cursor, std::nullopt);
    EXPECT_EQ(go(ScrollRequest::up), (ScrollPosition{5, 25}));
    EXPECT_EQ(go(ScrollRequest::up, 4), (ScrollPosition{9, 25}));
    EXPECT_EQ(shown(), (Rows{U"17            [9/25]", U"18", U"19", U"20", U"21", U"22"}));
    EXPECT_EQ(go(ScrollRequest::up, 1000), (ScrollPosition{25, 25}));
    EXPECT_EQ(shown()[0], U"1            [25/25]");
    EXPECT_EQ(go(ScrollRequest::down, 24), (ScrollPosition{1, 25}));
    EXPECT_EQ(go(ScrollRequest::down), (ScrollPosition{0, 25}));
    EXPECT_EQ(go(ScrollRequest::top), (ScrollPosition{25, 25}));
    EXPECT_EQ(go(ScrollRequest::end), (ScrollPosition{0, 25}));
    EXPECT_FALSE(scroll.is_back());
}

TEST_F(ScrollViewTest, returns_to_the_end_when_the_text_or_the_cursor_changes) {
    go(ScrollRequest::up, 3);
    see();
    EXPECT_TRUE(scroll.is_back());
    screen.write(U"l");
    see();
    EXPECT_FALSE(scroll.is_back());
    go(ScrollRequest::up, 3);
    screen.move(0, 2);
    see();
    EXPECT_FALSE(scroll.is_back());
}

TEST_F(ScrollViewTest, stays_where_it_is_while_it_is_held) {
    scroll.hold(true);
    go(ScrollRequest::up, 6);
    // But for the mark.
    const auto text = [this] {
        Rows rows = shown();
        rows.erase(rows.begin());
        return rows;
    };
    const Rows before = text();
    screen.write(U"l");
    print(3);
    EXPECT_EQ(go(ScrollRequest::where), (ScrollPosition{9, 28}));
    EXPECT_EQ(text(), before);
    // The oldest lines go for the newest.
    while (printed < 300) print(1);
    EXPECT_EQ(go(ScrollRequest::where), (ScrollPosition{100, 100}));
    screen.clear(20, 8);
    see();
    EXPECT_FALSE(scroll.is_back());
}

TEST_F(ScrollViewTest, keeps_the_lines_of_each_terminal_apart) {
    go(ScrollRequest::up, 3);
    VirtualScreen other(20, 6);
    scroll.see({2, 5}, other.grid());
    EXPECT_EQ(go(ScrollRequest::up, 3), (ScrollPosition{0, 0}));
    see();
    EXPECT_EQ(go(ScrollRequest::where), (ScrollPosition{0, 25}));
    // Not those of more terminals than a few.
    for (unsigned number = 2; number < 12; ++number) scroll.see({number, 5}, other.grid());
    see();
    EXPECT_EQ(go(ScrollRequest::where), (ScrollPosition{0, 0}));
}

TEST_F(ScrollViewTest, forgets_the_lines_when_somebody_logs_in_or_out) {
    go(ScrollRequest::up, 3);
    terminal.since = 6;
    see();
    EXPECT_EQ(go(ScrollRequest::up), (ScrollPosition{0, 0}));
    print(1);
    EXPECT_EQ(go(ScrollRequest::up, 9), (ScrollPosition{1, 1}));
    EXPECT_EQ(go(ScrollRequest::forget), (ScrollPosition{0, 0}));
}

TEST_F(ScrollViewTest, keeps_nothing_of_a_terminal_that_is_not_known) {
    ScrollView unknown(100);
    VirtualScreen written(20, 6);
    for (unsigned i = 0; i < 30; ++i) {
        written.print(digits_of(i));
        unknown.see({}, written.grid());
    }
    EXPECT_EQ(unknown.scroll({ScrollRequest::up, 1}), (ScrollPosition{0, 0}));
}

TEST(ScrollRequests, are_a_word_and_for_two_of_them_a_number_of_lines) {
    const auto up = scroll_request_in("up 12");
    ASSERT_TRUE(up);
    EXPECT_EQ(up->what, ScrollRequest::up);
    EXPECT_EQ(up->lines, 12U);
    EXPECT_EQ(scroll_request_in("down")->lines, 0U);
    EXPECT_EQ(scroll_request_in("top")->what, ScrollRequest::top);
    for (const char* none :
         {"", " ", "up ", "up 0", "up -1", "up 1 ", "up 99999999999", "end 3", "ups", "hold"})
        EXPECT_FALSE(scroll_request_in(none)) << none;
}

}  // namespace
}  // namespace console
