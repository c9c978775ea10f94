#include "console/pacing.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace console {
namespace {

using namespace std::chrono_literals;

struct PacingTest : testing::Test {
    Time now = Time() + 1h;
    Pacing pacing;

    // Shown, read, and nothing happens.
    void rest() {
        pacing.set_shown(true);
        pacing.frame_sent(now);
        pacing.frame_answered();
    }
};

TEST_F(PacingTest, reads_at_once_when_it_is_shown_and_not_before) {
    EXPECT_FALSE(pacing.reads_now(now));
    EXPECT_FALSE(pacing.listens(now));
    pacing.set_shown(true);
    EXPECT_TRUE(pacing.reads_now(now));
}

TEST_F(PacingTest, sleeps_for_ever_at_rest_and_a_change_is_read_at_once) {
    rest();
    EXPECT_TRUE(pacing.listens(now));
    EXPECT_FALSE(pacing.reads_now(now));
    EXPECT_EQ(pacing.wake_at(now), std::nullopt);
}

TEST_F(PacingTest, does_not_look_at_the_terminal_before_the_frame_was_answered) {
    rest();
    pacing.frame_sent(now);
    EXPECT_FALSE(pacing.listens(now + 1s));
    pacing.frame_answered();
    EXPECT_TRUE(pacing.listens(now + 1s));
}

TEST_F(PacingTest, waits_for_an_answer_two_seconds_at_most) {
    rest();
    pacing.frame_sent(now);
    EXPECT_EQ(pacing.wake_at(now), now + 2s);
    EXPECT_TRUE(pacing.listens(now + 2s));
    EXPECT_EQ(pacing.wake_at(now + 2s), std::nullopt);
}

TEST_F(PacingTest, does_nothing_while_hidden_and_reads_everything_when_shown_again) {
    rest();
    pacing.set_shown(false);
    EXPECT_FALSE(pacing.listens(now));
    EXPECT_EQ(pacing.wake_at(now), std::nullopt);
    pacing.set_shown(true);
    EXPECT_TRUE(pacing.reads_now(now));
}

TEST_F(PacingTest, does_nothing_while_blanked_and_reads_everything_afterwards) {
    rest();
    pacing.set_blanked(true);
    EXPECT_FALSE(pacing.listens(now));
    pacing.set_blanked(false);
    EXPECT_TRUE(pacing.reads_now(now));
}

TEST_F(PacingTest, reads_that_find_nothing_do_not_delay_a_change_and_do_not_come_without_end) {
    rest();
    for (int read = 0; read < 8; ++read) {
        pacing.nothing_changed(now);
        EXPECT_TRUE(pacing.listens(now)) << read;
    }
    pacing.nothing_changed(now);
    EXPECT_FALSE(pacing.listens(now + 49ms));
    EXPECT_EQ(pacing.wake_at(now), now + 50ms);
    EXPECT_TRUE(pacing.listens(now + 50ms));
    pacing.frame_sent(now + 50ms);
    pacing.frame_answered();
    pacing.nothing_changed(now + 50ms);
    EXPECT_TRUE(pacing.listens(now + 50ms));
}

TEST_F(PacingTest, reads_seven_times_a_second_while_text_scrolls_by_faster_than_anybody_reads) {
    rest();
    for (int frame = 0; frame < 4; ++frame) {
        pacing.frame_sent(now += 50ms, true);
        pacing.frame_answered();
        EXPECT_TRUE(pacing.listens(now)) << "what is short is shown at once: " << frame;
    }
    for (int frame = 0; frame < 3; ++frame) {
        pacing.frame_sent(now, true);
        pacing.frame_answered();
        EXPECT_FALSE(pacing.listens(now + 149ms));
        ASSERT_EQ(pacing.wake_at(now), now + 150ms);
        now += 150ms;
        EXPECT_TRUE(pacing.listens(now));
    }
    // The last one: what is still on the screen of the one before can be read.
    pacing.frame_sent(now);
    pacing.frame_answered();
    EXPECT_TRUE(pacing.listens(now));
    EXPECT_EQ(pacing.wake_at(now), std::nullopt);
}

TEST_F(PacingTest, tries_again_and_again_whether_text_would_be_read_without_the_pause) {
    rest();
    unsigned paused = 0, tried = 0;
    for (int frame = 0; frame < 100; ++frame) {
        pacing.frame_sent(now, true);
        pacing.frame_answered();
        ++(pacing.listens(now) ? tried : paused);
        now += pacing.listens(now) ? 50ms : 150ms;
    }
    EXPECT_GE(tried, 4U + 100U / 8U);
    EXPECT_GE(paused, 80U);
}

TEST_F(PacingTest, does_not_delay_screens_of_text_that_come_one_by_one) {
    rest();
    for (int frame = 0; frame < 20; ++frame) {
        pacing.frame_sent(now += 301ms, true);
        pacing.frame_answered();
        EXPECT_TRUE(pacing.listens(now));
    }
}

TEST_F(PacingTest, reads_everything_when_the_kernel_says_that_blanking_ended_though_it_never_began) {
    rest();
    pacing.set_blanked(false);
    EXPECT_TRUE(pacing.reads_now(now));
}

// A file of the terminal that was just opened says once that it has changed.
TEST_F(PacingTest, sleeps_after_a_pause_though_the_file_that_is_opened_again_is_readable_once) {
    rest();
    for (int read = 0; read < 9; ++read) pacing.nothing_changed(now);
    now += 50ms;
    ASSERT_TRUE(pacing.listens(now));
    pacing.nothing_changed(now);
    EXPECT_TRUE(pacing.listens(now));
    EXPECT_EQ(pacing.wake_at(now), std::nullopt);
    pacing.nothing_changed(now);
    EXPECT_FALSE(pacing.listens(now)) << "a change that shows nothing has a pause again";
}

TEST_F(PacingTest, reads_a_terminal_again_that_could_not_be_read_and_not_at_once) {
    rest();
    pacing.read_failed(now);
    EXPECT_FALSE(pacing.reads_now(now));
    EXPECT_FALSE(pacing.listens(now));
    ASSERT_EQ(pacing.wake_at(now), now + 250ms);
    EXPECT_TRUE(pacing.reads_now(now + 250ms));
}

}  // namespace
}  // namespace console
