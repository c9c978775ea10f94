#include "console_fixture.h"

namespace console {
namespace {

TEST_F(ConsoleTest, gives_the_terminals_the_size_that_fits_and_their_own_back_at_the_end) {
    start();
    EXPECT_EQ(terminals.resized, (std::vector<TextSize>{{8, 4}}));
    console.reset();
    EXPECT_EQ(terminals.resized.back(), (TextSize{80, 25}));
}

TEST_F(ConsoleTest, leaves_terminals_at_the_end_as_somebody_else_has_sized_them) {
    start();
    terminals.set_size({132, 43});
    console.reset();
    EXPECT_EQ(terminals.resized.size(), 1U);
}

TEST_F(ConsoleTest, shows_what_fits_of_a_terminal_that_keeps_its_size_and_says_why_once) {
    terminals.may_resize = false;
    start();
    terminals.write(7, 3, U'a');
    answer();
    change();
    EXPECT_TRUE(screen.is_white(7, 3));
    console->on_new_terminal();
    console->update(now);
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said[0].find("give the terminals a size"), std::string::npos);
}

// Older kernels say that they have done what their driver refused.
TEST_F(ConsoleTest, says_the_size_that_terminals_kept_though_the_kernel_says_that_it_gave_another) {
    terminals.resizes = false;
    start();
    ASSERT_EQ(said.size(), 1U);
    EXPECT_NE(said[0].find("keep 80 columns and 25 rows"), std::string::npos) << said[0];
    EXPECT_NE(said[0].find("8 columns and 4 rows"), std::string::npos) << said[0];
    console.reset();
    EXPECT_EQ(terminals.resized.size(), 1U) << "no size was given that could be given back";
}

TEST_F(ConsoleTest, gives_terminals_their_size_as_soon_as_they_may_be_asked) {
    terminals.may_ask = false;
    start();
    EXPECT_TRUE(terminals.resized.empty());
    terminals.may_ask = true;
    now += 250ms;
    console->update(now);
    EXPECT_EQ(terminals.resized, (std::vector<TextSize>{{8, 4}}));
}

TEST_F(ConsoleTest, tries_again_by_itself_to_give_a_size_though_nothing_else_happens) {
    start();
    answer();
    terminals.refused = terminals.asked + 1;
    console->on_new_terminal();
    console->update(now);
    EXPECT_EQ(terminals.resized.size(), 1U);
    ASSERT_EQ(console->wake_at(now), now + 250ms);
    now += 250ms;
    console->update(now);
    EXPECT_EQ(terminals.resized.size(), 2U);
    EXPECT_EQ(console->wake_at(now), std::nullopt);
}

TEST_F(ConsoleTest, gives_the_size_back_though_terminals_did_not_say_that_they_took_the_new_one) {
    terminals.refused = 2;
    start();
    ASSERT_EQ(terminals.resized, (std::vector<TextSize>{{8, 4}}));
    console.reset();
    EXPECT_EQ(terminals.resized.back(), (TextSize{80, 25}));
}

TEST_F(ConsoleTest, gives_the_size_back_though_terminals_refused_a_second_one_and_did_not_say_so) {
    start();
    answer();
    terminals.resizes = false;
    screen.next = {20, 20};
    screen.events.mode_changed = true;
    console->on_screen();
    console->update(now);
    ASSERT_EQ(terminals.resized.back(), (TextSize{10, 10}));
    console.reset();
    EXPECT_EQ(terminals.resized.back(), (TextSize{80, 25}));
}

TEST_F(ConsoleTest, gives_a_new_terminal_the_size_that_the_others_have) {
    start();
    answer();
    terminals.set_size({80, 25});
    console->on_new_terminal();
    console->update(now);
    EXPECT_EQ(terminals.resized, (std::vector<TextSize>{{8, 4}, {8, 4}}));
}

TEST_F(ConsoleTest, takes_a_new_mode_with_a_new_size_and_draws_everything) {
    start();
    answer();
    screen.next = {20, 20};
    screen.events.mode_changed = true;
    console->on_screen();
    console->update(now);
    EXPECT_EQ(terminals.resized.back(), (TextSize{10, 10}));
    EXPECT_EQ(screen.frames, 2U);
    console.reset();
    EXPECT_EQ(terminals.resized.back(), (TextSize{80, 25})) << "the size before the first one";
}

TEST_F(ConsoleTest, gives_the_terminals_their_size_again_when_the_daemon_is_back) {
    start();
    answer();
    screen.events.lost = true;
    screen.shown = false;
    console->on_screen();
    // The kernel's console had the screen meanwhile.
    terminals.set_size({80, 25});
    console->on_new_terminal();
    console->update(now);
    EXPECT_EQ(terminals.resized.size(), 1U) << "nobody's terminals while the daemon is away";
    screen.events.back = true;
    screen.shown = true;
    console->on_screen();
    console->update(now);
    EXPECT_EQ(terminals.resized, (std::vector<TextSize>{{8, 4}, {8, 4}}));
}

TEST_F(ConsoleTest, leaves_the_terminals_as_they_are_when_it_ends_while_the_daemon_is_away) {
    start();
    answer();
    screen.events.lost = true;
    console->on_screen();
    console.reset();
    EXPECT_EQ(terminals.resized.size(), 1U);
}

TEST_F(ConsoleTest, a_size_that_is_refused_puts_off_no_reading_by_another_event) {
    terminals.may_ask = false;
    start();
    answer();
    terminals.write(2, 2, U'a');
    for (unsigned i = 0; i < 3; ++i) {
        now += 100ms;
        console->update(now);
    }
    EXPECT_TRUE(screen.is_white(2, 2));
}

}  // namespace
}  // namespace console
