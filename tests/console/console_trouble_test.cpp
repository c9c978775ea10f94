#include "console_fixture.h"

namespace console {
namespace {

// systemd-logind starts a login on the terminal that is switched to, if nobody has it open.
TEST_F(ConsoleTest, opens_no_terminal_in_the_moment_in_which_it_comes_to_the_foreground) {
    terminals.utf8 = false;
    start();
    answer();
    const unsigned opened = terminals.opened;
    terminals.write(5, 1, 7);
    terminals.in_use = false;
    console->on_new_terminal();
    console->on_terminal_switched();
    console->update(now);
    EXPECT_TRUE(screen.is_white(5, 1)) << "its text is shown at once";
    now += 299ms;
    answer();
    change();
    EXPECT_EQ(terminals.opened, opened);
    ASSERT_EQ(console->wake_at(now), now + 1ms);
    now += 1ms;
    console->update(now);
    EXPECT_GT(terminals.opened, opened);
    EXPECT_EQ(terminals.resized.size(), 2U);
    answer();
    EXPECT_EQ(console->wake_at(now), std::nullopt);
}

TEST_F(ConsoleTest, opens_no_new_terminal_that_came_to_the_foreground_before_it_is_told_of_that) {
    start();
    answer();
    const unsigned opened = terminals.opened;
    terminals.in_use = false;
    console->on_new_terminal();
    console->update(now);
    EXPECT_EQ(terminals.opened, opened);
    ASSERT_EQ(console->wake_at(now), now + 300ms);
    now += 300ms;
    console->update(now);
    EXPECT_GT(terminals.opened, opened);
}

TEST_F(ConsoleTest, does_not_take_a_terminal_for_graphics_because_the_one_before_was) {
    start();
    answer();
    terminals.now.graphics = true;
    change();
    terminals.now.graphics = false;
    terminals.write(5, 1, U'b');
    terminals.in_use = false;
    console->on_terminal_switched();
    console->update(now);
    EXPECT_TRUE(screen.is_white(5, 1));
}

TEST_F(ConsoleTest, is_no_slower_where_the_map_of_the_font_cannot_be_read_and_says_so_once) {
    terminals.has_map = false;
    start();
    answer();
    terminals.write(0, 0, U'\xe9');
    change();
    answer();
    terminals.write(5, 1, U'b');
    change();
    EXPECT_TRUE(screen.is_white(5, 1));
    EXPECT_EQ(said.size(), 1U);
}

TEST_F(ConsoleTest, leaves_the_picture_as_it_is_while_a_program_has_the_terminal_for_graphics) {
    start();
    answer();
    terminals.now.graphics = true;
    terminals.write(0, 0, U'a');
    console->on_terminal_switched();
    console->update(now);
    EXPECT_EQ(screen.frames, 1U);
    terminals.now.graphics = false;
    change();
    EXPECT_TRUE(screen.is_white(0, 0));
}

TEST_F(ConsoleTest, is_black_while_the_kernel_blanks_it) {
    terminals.write(0, 0, U'a');
    start();
    terminals.write(0, 0, U'a');
    answer();
    change();
    ASSERT_TRUE(screen.is_white(0, 0));
    answer();
    console->on_blanked(true);
    console->update(now);
    EXPECT_FALSE(screen.is_white(0, 0));
    answer();
    change();
    EXPECT_FALSE(screen.is_white(0, 0));
    console->on_blanked(false);
    console->update(now);
    EXPECT_TRUE(screen.is_white(0, 0));
}

TEST_F(ConsoleTest, shows_text_while_the_terminal_refuses_to_be_asked_and_says_so_once) {
    start();
    answer();
    terminals.may_ask = false;
    terminals.write(1, 1, U'a');
    change();
    EXPECT_TRUE(screen.is_white(1, 1));
    for (int i = 0; i < 3; ++i) {
        now += 250ms;
        answer();
    }
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said[0].find("open the terminal"), std::string::npos);
    // Once it may be asked, what it is counts again, though its text does not change.
    terminals.may_ask = true;
    terminals.now.graphics = true;
    terminals.lines[2][2] = U'a';
    now += 250ms;
    answer();
    EXPECT_FALSE(screen.is_white(2, 2));
}

TEST_F(ConsoleTest, keeps_the_picture_of_a_terminal_that_cannot_be_read_and_shows_it_when_it_can) {
    start();
    answer();
    terminals.readable = false;
    terminals.write(1, 1, U'a');
    change();
    EXPECT_EQ(screen.frames, 1U);
    ASSERT_EQ(said.size(), 1U);
    terminals.readable = true;
    ASSERT_TRUE(console->wake_at(now));
    now = *console->wake_at(now);
    console->update(now);
    EXPECT_TRUE(screen.is_white(1, 1));
}

TEST_F(ConsoleTest, shows_text_while_changes_cannot_be_waited_for_and_says_so_once) {
    start();
    answer();
    for (unsigned column = 0; column < 3; ++column) {
        terminals.write(column, 1, U'a');
        console->listen_failed("open /dev/vcsa: Too many open files in system", now);
        EXPECT_EQ(said.size(), 1U);
        EXPECT_FALSE(console->listens(now));
        ASSERT_EQ(console->wake_at(now), now + 250ms);
        now += 250ms;
        console->update(now);
        EXPECT_TRUE(screen.is_white(column, 1));
        answer();
        EXPECT_TRUE(console->listens(now));
    }
}

TEST_F(ConsoleTest, asks_again_for_the_map_of_a_font_that_could_not_be_read) {
    terminals.utf8 = false;
    terminals.may_ask = false;
    terminals.write(2, 2, 7);
    start();
    answer();
    terminals.may_ask = true;
    terminals.set_size({8, 4});
    terminals.write(2, 2, 7);
    now += 250ms;
    console->update(now);
    EXPECT_TRUE(screen.is_white(2, 2));
}

// The kernel says that the screen is not blanked when a program gives a terminal back; an older one does not
// say that its text is to be read.
TEST_F(ConsoleTest, shows_the_text_when_a_program_gives_the_terminal_back_and_writes_nothing) {
    start();
    answer();
    terminals.now.graphics = true;
    terminals.write(0, 0, U'a');
    change();
    ASSERT_FALSE(screen.is_white(0, 0));
    terminals.now.graphics = false;
    console->on_blanked(false);
    console->update(now);
    EXPECT_TRUE(screen.is_white(0, 0));
}

TEST_F(ConsoleTest, shows_another_terminal_though_the_kernel_has_not_said_that_blanking_ended) {
    start();
    answer();
    console->on_blanked(true);
    console->update(now);
    answer();
    terminals.write(5, 1, U'b');
    console->on_terminal_switched();
    console->update(now);
    EXPECT_TRUE(screen.is_white(5, 1));
}

}  // namespace
}  // namespace console
