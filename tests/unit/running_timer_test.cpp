#include "base/running_timer.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

using namespace std::chrono_literals;
constexpr Time start{10h};

// Asks whenever it is due. Returns when the limit was reached.
Time run_until_reached(RunningTimer& timer) {
    Time now = *timer.due();
    while (!timer.reached(now)) now = *timer.due();
    return now;
}

TEST(RunningTimer, reaches_its_limit_when_that_has_passed_in_a_process_that_runs) {
    RunningTimer timer(5s);
    timer.start(start);
    EXPECT_FALSE(timer.reached(start + 600ms));
    EXPECT_EQ(run_until_reached(timer), start + 5s);
}

TEST(RunningTimer, asks_eight_times_a_limit_and_counts_what_took_two_of_these_parts_and_not_more) {
    RunningTimer timer(8s);
    timer.start(start);
    EXPECT_EQ(timer.due(), start + 1s);
    for (int question = 1; question < 4; ++question) EXPECT_FALSE(timer.reached(start + question * 2s));
    EXPECT_TRUE(timer.reached(start + 8s));
    timer.start(start);
    for (int question = 1; question < 10; ++question)
        EXPECT_FALSE(timer.reached(start + question * (2s + 1ns))) << question;
}

TEST(RunningTimer, stays_reached_until_it_is_started_again) {
    RunningTimer timer(5s);
    timer.start(start);
    run_until_reached(timer);
    EXPECT_TRUE(timer.reached(start + 5s));
    EXPECT_EQ(timer.due(), start + 5s);
    timer.start(start + 6s);
    EXPECT_FALSE(timer.reached(start + 6s));
}

TEST(RunningTimer, does_not_count_ten_seconds_in_which_the_process_was_stopped) {
    RunningTimer timer(5s);
    timer.start(start);
    ASSERT_FALSE(timer.reached(*timer.due()));
    Time continued = start + 12s;
    EXPECT_FALSE(timer.reached(continued));
    EXPECT_GE(run_until_reached(timer), continued + 4s);
}

TEST(RunningTimer, does_not_count_a_stop_that_began_before_the_first_question) {
    RunningTimer timer(100ms);
    timer.start(start);
    EXPECT_FALSE(timer.reached(start + 10s));
    EXPECT_GE(run_until_reached(timer), start + 10s + 99ms);
}

TEST(RunningTimer, is_not_reached_by_ten_stops_one_after_the_other) {
    RunningTimer timer(5s);
    timer.start(start);
    for (int stop = 1; stop <= 10; ++stop) EXPECT_FALSE(timer.reached(start + stop * 10s));
}

TEST(RunningTimer, is_reached_in_the_end_by_a_process_that_hardly_ever_runs) {
    RunningTimer timer(100ms);
    timer.start(start);
    int questions = 1;
    while (!timer.reached(start + questions * 1s) && questions < 1000) ++questions;
    EXPECT_LE(questions, 129);
}

TEST(RunningTimer, judges_what_it_has_counted_by_a_limit_that_is_set_meanwhile) {
    RunningTimer timer(5s);
    timer.start(start);
    ASSERT_FALSE(timer.reached(start + 600ms));
    timer.set_limit(500ms);
    EXPECT_EQ(timer.due(), start + 600ms);
    EXPECT_TRUE(timer.reached(start + 600ms));
    timer.set_limit(1s);
    EXPECT_EQ(run_until_reached(timer), start + 1s);
}

TEST(RunningTimer, counts_the_same_however_often_it_is_asked) {
    RunningTimer timer(100ms);
    timer.start(start);
    for (int i = 1; i < 100; ++i) ASSERT_FALSE(timer.reached(start + i * 1ms)) << i;
    EXPECT_TRUE(timer.reached(start + 100ms));
}

TEST(RunningTimer, that_is_stopped_is_neither_due_nor_reached) {
    RunningTimer timer(5s);
    EXPECT_FALSE(timer.due());
    EXPECT_FALSE(timer.reached(start));
    timer.start(start);
    timer.stop();
    EXPECT_FALSE(timer.running());
    EXPECT_FALSE(timer.due());
    EXPECT_FALSE(timer.reached(start + 1h));
}

}  // namespace
}  // namespace hvfbd
