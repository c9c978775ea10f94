#include "console_fixture.h"

namespace console {
namespace {

// A terminal of 16 columns and 8 rows, each of which has its own text when it is written to.
struct ConsoleScrollTest : ConsoleTest {
    std::vector<std::u32string> printed;

    ConsoleScrollTest() {
        screen.size = {32, 16};
        terminals.id = {1, 1};
    }
    static Appearance appearance() {
        Appearance appearance = ConsoleTest::appearance();
        appearance.scrollback = 100;
        return appearance;
    }
    void start_scrolling() {
        console.emplace(terminals, screen, small_fonts(), appearance(),
                        [this](const std::string& sentence) { said.push_back(sentence); });
        console->update(now);
        answer();
        terminals.cursor_row = 7;
        print(7);
        // The mark, for the screen was empty before.
        scroll(ScrollRequest::forget);
    }
    // Each line is another one: a letter in two places.
    void print(unsigned count) {
        write(count);
        change();
        answer();
    }
    void write(unsigned count) {
        while (count-- > 0) {
            std::u32string line(16, U' ');
            line[printed.size() % 16] = line[printed.size() / 16] = U'a';
            printed.push_back(line);
            terminals.lines.erase(terminals.lines.begin());
            terminals.lines.insert(terminals.lines.end() - 1, line);
            terminals.lines.back().assign(16, U' ');
        }
    }
    ScrollPosition scroll(ScrollRequest::What what, unsigned lines = 0) {
        const ScrollPosition position = console->on_scroll({what, lines});
        console->update(now);
        answer();
        return position;
    }
    // Rows below the one that has the mark.
    bool shows(std::size_t first) const {
        for (unsigned row = 1; row < 8 && first + row < printed.size(); ++row)
            for (unsigned column = 0; column < 16; ++column)
                if (screen.is_white(column, row) != (printed[first + row][column] == U'a')) return false;
        return true;
    }
};

TEST_F(ConsoleScrollTest, shows_what_scrolled_off_until_the_terminal_changes) {
    start_scrolling();
    for (unsigned i = 0; i < 6; ++i) print(3);  // 18 lines scroll off
    EXPECT_TRUE(shows(18));
    EXPECT_EQ(scroll(ScrollRequest::up, 10), (ScrollPosition{10, 18}));
    EXPECT_TRUE(shows(8));
    EXPECT_FALSE(screen.is_white(9, 0));
    terminals.write(0, 7, U'a');
    change();
    EXPECT_TRUE(shows(18));
    EXPECT_TRUE(screen.is_white(0, 7));
    answer();
    console->on_held(true);
    scroll(ScrollRequest::up, 2);
    print(2);
    EXPECT_TRUE(shows(16));
}

TEST_F(ConsoleScrollTest, keeps_nothing_of_a_reading_of_several_screens_and_shows_it) {
    start_scrolling();
    print(2);
    terminals.torn = true;
    print(20);
    EXPECT_TRUE(shows(22));
    terminals.torn = false;
    EXPECT_EQ(console->on_scroll({}).kept, 2U);
    print(1);
    EXPECT_EQ(console->on_scroll({}).kept, 2U + 7U + 1U) << "what was seen before, and a mark";
}

TEST_F(ConsoleScrollTest, reads_what_scrolls_fast_before_the_frame_is_shown_and_draws_it_afterwards) {
    start_scrolling();
    write(5);
    change();
    const unsigned frames = screen.frames;
    for (unsigned i = 0; i < 4; ++i) {
        ASSERT_EQ(console->wake_at(now), now + 8ms);
        EXPECT_TRUE(console->reads_soon());
        write(5);
        now += 8ms;
        console->update(now);
    }
    EXPECT_EQ(screen.frames, frames);
    EXPECT_EQ(console->on_scroll({}).kept, 25U);
    answer();
    EXPECT_EQ(screen.frames, frames + 1);
    EXPECT_TRUE(shows(25));
    // Nothing more happens.
    now += 8ms;
    console->update(now);
    answer();
    EXPECT_EQ(console->wake_at(now), std::nullopt);
    EXPECT_FALSE(console->reads_soon());
}

TEST_F(ConsoleScrollTest, shows_what_it_reads_for_the_scrollback_where_the_frame_before_was_shown_already) {
    start_scrolling();
    write(5);
    change();
    answer();
    ASSERT_TRUE(console->listens(now));
    ASSERT_EQ(console->wake_at(now), now + 8ms);
    write(1);
    now += 8ms;
    console->update(now);
    EXPECT_TRUE(shows(6));
    answer();
    EXPECT_TRUE(console->listens(now));
}

TEST_F(ConsoleScrollTest, is_scrolled_while_the_kernel_blanks_it_and_shows_nothing) {
    start_scrolling();
    print(5);
    console->on_blanked(true);
    console->update(now);
    answer();
    EXPECT_EQ(scroll(ScrollRequest::up, 2), (ScrollPosition{2, 5}));
    EXPECT_EQ(screen.pixels, std::vector<std::uint32_t>(screen.pixels.size()));
    console->on_blanked(false);
    console->update(now);
    EXPECT_TRUE(shows(3));
}

}  // namespace
}  // namespace console
