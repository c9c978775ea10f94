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
    timetable.announced(now);
    EXPECT_TRUE(timetable.due());
    timetable.follow(false, interval, settle);
    EXPECT_FALSE(timetable.due());
    timetable.announced(now);
    timetable.reported(now, true, true, true);
    EXPECT_FALSE(timetable.due());
}

TEST_F(TimetableTest, lets_the_first_store_settle_and_no_later_one_put_it_off) {
    timetable.announced(now);
    EXPECT_EQ(timetable.due(), now + settle);
    timetable.announced(now + settle / 2);
    EXPECT_EQ(timetable.due(), now + settle);
}

TEST_F(TimetableTest, reports_no_more_often_than_the_display_presents) {
    timetable.reported(now, true, false, true);
    timetable.announced(now + ms);
    ASSERT_TRUE(timetable.due());
    EXPECT_GE(*timetable.due(), now + interval);
    EXPECT_LT(*timetable.due(), now + interval * 11 / 10);
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
        while (now - found < constants::restless_after) {
            now = *timetable.due();
            EXPECT_LE(*timetable.due() - now, constants::slowest_interval);
            timetable.reported(now, false, true, rests);
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
