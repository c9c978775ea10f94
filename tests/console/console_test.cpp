#include "console_fixture.h"

namespace console {
namespace {

TEST_F(ConsoleTest, shows_text_as_soon_as_the_terminal_says_that_it_changed) {
    start();
    EXPECT_EQ(screen.frames, 1U);
    answer();
    EXPECT_TRUE(console->listens(now));
    EXPECT_EQ(console->wake_at(now), std::nullopt);
    terminals.write(3, 2, U'a');
    change();
    EXPECT_TRUE(screen.is_white(3, 2));
    EXPECT_EQ(screen.frames, 2U);
}

TEST_F(ConsoleTest, reads_no_more_often_than_frames_are_shown) {
    start();
    answer();
    terminals.write(0, 0, U'a');
    change();
    const unsigned reads = terminals.reads;
    terminals.write(1, 0, U'a');
    EXPECT_FALSE(console->listens(now));
    change();
    EXPECT_EQ(terminals.reads, reads);
    answer();
    EXPECT_TRUE(console->listens(now));
    change();
    EXPECT_TRUE(screen.is_white(1, 0));
}

TEST_F(ConsoleTest, reads_seldom_while_screens_of_text_scroll_by_and_shows_the_last_one) {
    start();
    terminals.cursor_row = terminals.now.rows - 1;
    // No two lines are alike.
    unsigned number = 0;
    for (int screens = 0; screens < 6; ++screens) {
        for (std::u32string& line : terminals.lines) {
            ++number;
            for (unsigned bit = 0; bit < line.size(); ++bit)
                line[bit] = (number >> bit & 1) != 0 ? U'a' : U' ';
        }
        answer();
        change();
    }
    EXPECT_EQ(screen.frames, 7U);
    answer();
    EXPECT_FALSE(console->listens(now));
    terminals.lines.assign(terminals.lines.size(), std::u32string(terminals.lines[0].size(), U' '));
    terminals.write(3, 2, U'a');
    ASSERT_EQ(console->wake_at(now), now + 150ms);
    now += 150ms;
    console->update(now);
    ASSERT_TRUE(console->listens(now));
    change();
    EXPECT_TRUE(screen.is_white(3, 2));
    answer();
    ASSERT_EQ(console->wake_at(now), now + 150ms);
    now += 150ms;
    console->update(now);
    EXPECT_EQ(console->wake_at(now), std::nullopt);
}

TEST_F(ConsoleTest, does_not_read_while_nobody_sees_it_and_shows_everything_afterwards) {
    start();
    answer();
    screen.shown = false;
    console->update(now);
    EXPECT_FALSE(console->listens(now));
    EXPECT_EQ(console->wake_at(now), std::nullopt);
    const unsigned reads = terminals.reads;
    terminals.write(0, 0, U'a');
    change();
    EXPECT_EQ(terminals.reads, reads);
    screen.shown = true;
    console->update(now);
    EXPECT_TRUE(screen.is_white(0, 0));
}

TEST_F(ConsoleTest, shows_another_terminal_when_somebody_switches) {
    start();
    answer();
    terminals.write(5, 1, U'b');
    console->on_terminal_switched();
    console->update(now);
    EXPECT_TRUE(screen.is_white(5, 1));
}

TEST_F(ConsoleTest, draws_everything_again_when_the_daemon_is_back) {
    start();
    screen.events.lost = true;
    screen.shown = false;
    console->on_screen();
    console->update(now);
    std::fill(screen.pixels.begin(), screen.pixels.end(), 0x555555);
    screen.events.back = true;
    screen.shown = true;
    console->on_screen();
    console->update(now);
    EXPECT_EQ(screen.frames, 2U);
    EXPECT_EQ(screen.pixels[0], 0U);
}

TEST_F(ConsoleTest, shows_the_glyphs_of_a_terminal_that_is_not_in_utf8_by_the_map_of_its_font) {
    terminals.utf8 = false;
    start();
    answer();
    terminals.write(2, 2, 7);
    change();
    EXPECT_TRUE(screen.is_white(2, 2));
}

TEST_F(ConsoleTest, shows_what_the_consoles_font_lacks_in_the_colours_that_it_was_written_in) {
    terminals.swapped = '?';
    start();
    answer();
    // Its glyph is that of a question mark, and white on black is what the kernel has made of it.
    terminals.write(2, 2, U'п');
    change();
    EXPECT_EQ(screen.pixels[std::size_t(2) * 2 * 64 + std::size_t(2) * 2], 0x555555U);
}

TEST_F(ConsoleTest, is_over_when_somebody_closes_the_surface) {
    start();
    EXPECT_FALSE(console->is_closed());
    screen.events.closed = true;
    console->on_screen();
    EXPECT_TRUE(console->is_closed());
}

}  // namespace
}  // namespace console
