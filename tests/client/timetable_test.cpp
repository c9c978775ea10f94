#include "tracking/timetable.h"

#include <gtest/gtest.h>

namespace hvfb {
namespace {

constexpr Nanoseconds ms = constants::millisecond, interval = 16 * ms, settle = ms;

struct TimetableTest : testing::Test {
    TimetableTest() { timetable.follow(true, interval, settle); }
    Timetable timetable;
    Nanoseconds now = 5'000 * ms;
};

TEST_F(TimetableTest, has_nothing_due_at_rest) {
    EXPECT_FALSE(timetable.due());
    timetable.reported(now, true, false, true);
    EXPECT_FALSE(timetable.due());
}

TEST_F(TimetableTest, has_nothing_due_without_leave) {
    Timetable fresh;
    fresh.announced(now);
    EXPECT_FALSE(fresh.due());
    fresh.reported(now, true, true, true);
    EXPECT_FALSE(fresh.due());
    timetable.announced(now);
    EXPECT_TRUE(timetable.due());
    timetable.follow(false, interval, settle);
    EXPECT_FALSE(timetable.due());
    timetable.announced(now);
    EXPECT_FALSE(timetable.due());
    timetable.reported(now, true, true, true);
    EXPECT_FALSE(timetable.due());
}

TEST_F(TimetableTest, keeps_what_is_due_while_it_has_leave_and_forgets_the_burst_with_it) {
    timetable.announced(now);
    timetable.follow(true, 2 * interval, settle);
    EXPECT_EQ(timetable.due(), now + settle);
    timetable.follow(false, interval, settle);
    timetable.follow(true, interval, settle);
    now += 100 * ms;
    timetable.announced(now);
    timetable.stored(now + settle / 2);
    EXPECT_EQ(timetable.due(), now + settle / 2 + settle) << "this burst has only begun";
}

TEST_F(TimetableTest, has_nothing_due_once_what_was_announced_is_reported) {
    timetable.announced(now);
    timetable.reported(now + settle, true, false, true);
    EXPECT_FALSE(timetable.due());
}

TEST_F(TimetableTest, lets_the_first_store_settle_and_no_later_one_put_it_off) {
    timetable.announced(now);
    EXPECT_EQ(timetable.due(), now + settle);
    timetable.announced(now + settle / 2);
    EXPECT_EQ(timetable.due(), now + settle);
}

TEST_F(TimetableTest, waits_until_the_last_store_of_a_burst_has_settled_but_no_longer_than_an_interval) {
    timetable.announced(now);
    for (int i = 1; i <= 5; ++i) {
        timetable.stored(now + settle * i / 2);
        EXPECT_EQ(timetable.due(), now + settle * i / 2 + std::max(settle, settle * i / 4));
    }
    timetable.stored(now + interval - 1);
    const Nanoseconds last = timetable.due().value();
    EXPECT_GE(last, now + interval);
    EXPECT_LT(last, now + interval * 11 / 10);
    EXPECT_FALSE(timetable.wait_for_more(last));
    EXPECT_EQ(timetable.due(), last);
}

TEST_F(TimetableTest, puts_off_for_a_store_that_was_read_with_the_first_one_no_longer_than_for_that) {
    timetable.announced(now + 1);  // by a clock that was read later
    timetable.stored(now);
    EXPECT_EQ(timetable.due(), now + 1 + settle);
}

TEST_F(TimetableTest, looks_for_the_next_store_of_a_burst_less_often_the_longer_it_has_gone_on) {
    timetable.announced(now);
    int times = 0;
    for (Nanoseconds at = now;; ++times) {
        timetable.stored(at);
        const Nanoseconds due = timetable.due().value();
        EXPECT_GE(due - at, settle);
        EXPECT_LE(due - at, std::max(settle, (at - now) / 2));
        if (!timetable.wait_for_more(due)) break;
        EXPECT_EQ(timetable.due(), due + settle);
        at = due + 1;  // the next store came at once
    }
    EXPECT_LE(times, 8);
}

TEST_F(TimetableTest, puts_a_burst_off_up_to_one_interval_after_its_first_store) {
    timetable.announced(now);
    const Nanoseconds latest = now + interval + interval / 64 - settle;
    EXPECT_TRUE(timetable.wait_for_more(latest));
    EXPECT_EQ(timetable.due(), latest + settle);
    EXPECT_FALSE(timetable.wait_for_more(latest + 1));
    EXPECT_EQ(timetable.due(), latest + settle);
}

TEST_F(TimetableTest, puts_off_no_report_that_no_store_was_announced_for) {
    timetable.reported(now, true, true, true);
    const auto due = timetable.due();
    timetable.stored(now + ms);
    EXPECT_EQ(timetable.due(), due);
    EXPECT_FALSE(timetable.wait_for_more(now + ms));
}

TEST_F(TimetableTest, puts_off_nothing_where_nothing_is_to_settle_or_nothing_is_due) {
    timetable.stored(now);
    EXPECT_FALSE(timetable.wait_for_more(now));
    EXPECT_FALSE(timetable.due());
    timetable.follow(true, interval, 0);
    timetable.announced(now);
    timetable.stored(now + ms);
    EXPECT_FALSE(timetable.wait_for_more(now + ms));
    EXPECT_EQ(timetable.due(), now);
    timetable.reported(now + ms, true, false, true);
    timetable.follow(true, interval, settle);
    EXPECT_FALSE(timetable.wait_for_more(now + ms)) << "it was reported";
}

TEST_F(TimetableTest, puts_off_no_frame_of_a_program_that_draws_as_often_as_the_display_presents) {
    timetable.reported(now, true, false, true);
    timetable.announced(now + 1);
    const Nanoseconds due = timetable.due().value();
    timetable.stored(due - settle / 2);
    EXPECT_EQ(timetable.due(), std::max(due, now + 1 + (due - now)));
    EXPECT_FALSE(timetable.wait_for_more(timetable.due().value()));
}

TEST_F(TimetableTest, reports_no_more_often_than_the_display_presents) {
    timetable.reported(now, true, false, true);
    timetable.announced(now + ms);
    ASSERT_TRUE(timetable.due());
    EXPECT_GT(*timetable.due(), now + interval) << "a moment too early it would not be shown";
    EXPECT_LT(*timetable.due(), now + interval * 11 / 10);
    // When the display has long presented again, nothing but the store's time counts.
    timetable.reported(now, true, false, true);
    timetable.announced(now + 2 * interval);
    EXPECT_EQ(timetable.due(), now + 2 * interval + settle);
}

TEST_F(TimetableTest, waits_twice_as_long_after_each_empty_report_once_there_were_so_many_in_a_row) {
    Timetable fresh;
    fresh.follow(true, 2 * ms, settle);
    for (const bool found_before : {false, true}) {
        if (found_before) fresh.reported(now, true, true, true);
        Nanoseconds wait = 0;
        for (unsigned empty = 1; empty <= constants::empty_until_slower; ++empty) {
            fresh.reported(now, false, true, true);
            EXPECT_EQ(*fresh.due() - now, wait = 2 * ms + 2 * ms / 64) << empty;
        }
        // Long after it waits as long as it may, it goes on doing so.
        for (unsigned more = 1; more < 100; ++more) {
            fresh.reported(now, false, true, true);
            wait = std::min(2 * wait, constants::slowest_interval);
            EXPECT_EQ(*fresh.due() - now, wait) << more;
        }
    }
}

TEST_F(TimetableTest, waits_no_less_than_the_display_does_however_slow_that_is) {
    timetable.follow(true, 640 * ms, settle);
    for (int i = 0; i < 20; ++i) {
        timetable.reported(now, i == 0, true, true);
        EXPECT_EQ(*timetable.due() - now, 650 * ms);
    }
}

TEST_F(TimetableTest, goes_on_while_stores_are_not_announced_and_slows_down_when_nothing_is_found) {
    Nanoseconds last = 0;
    for (int i = 0; i < 20; ++i) {
        timetable.reported(now, false, true, true);
        ASSERT_TRUE(timetable.due());
        EXPECT_GE(*timetable.due() - now, last);
        last = *timetable.due() - now;
    }
    EXPECT_EQ(last, constants::slowest_interval);
    timetable.reported(now, true, true, true);
    EXPECT_LT(*timetable.due() - now, interval * 11 / 10);
}

TEST_F(TimetableTest, slows_down_further_where_it_never_rests_and_nothing_is_found_for_long) {
    for (const bool rests : {true, false}) {
        timetable.reported(now, true, true, rests);
        const Nanoseconds found = now;
        for (;;) {
            now = *timetable.due();
            timetable.reported(now, false, true, rests);
            if (now - found >= constants::restless_after) break;
            EXPECT_LE(*timetable.due() - now, constants::slowest_interval);
        }
        EXPECT_EQ(*timetable.due() - now, rests ? constants::slowest_interval : constants::restless_interval);
        timetable.reported(now, true, true, rests);
        EXPECT_LT(*timetable.due() - now, interval * 11 / 10) << "as fast as ever where something is found";
    }
}

TEST_F(TimetableTest, is_not_as_fast_as_it_can_where_there_is_no_limit) {
    timetable.follow(true, 0, 0);
    timetable.reported(now, true, true, true);
    EXPECT_GE(*timetable.due(), now + constants::shortest_interval);
}

}  // namespace
}  // namespace hvfb
