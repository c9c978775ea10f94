#include "console/scroll_pace.h"

#include <gtest/gtest.h>

#include <chrono>

namespace console {
namespace {

using namespace std::chrono_literals;

struct ScrollPaceTest : testing::Test {
    ScrollPace pace;
    Time now = Time() + 1h;

    void read_after(Time::duration time, unsigned lines, bool lost = false) {
        now += time;
        pace.was_read(lines, 48, lost, now);
    }
    std::optional<Time::duration> wait() const {
        return pace.at() ? std::optional(*pace.at() - now) : std::nullopt;
    }
};

TEST_F(ScrollPaceTest, does_not_read_between_frames_where_less_than_a_fourth_of_a_screen_goes_by) {
    read_after(1s, 0);
    read_after(50ms, 11);
    EXPECT_EQ(wait(), std::nullopt);
    EXPECT_FALSE(pace.is_due(now + 1h));
}

TEST_F(ScrollPaceTest, reads_twice_in_the_time_of_a_screen) {
    read_after(1s, 12);
    EXPECT_EQ(wait(), 8ms) << "nobody knows when it began";
    read_after(50ms, 40);
    EXPECT_EQ(wait(), 30ms);
    EXPECT_FALSE(pace.is_due(now + 29ms));
    EXPECT_TRUE(pace.is_due(now + 30ms));
    read_after(30ms, 24);
    EXPECT_EQ(wait(), 30ms);
    read_after(50ms, 24);
    EXPECT_EQ(wait(), std::nullopt) << "frames are often enough";
    read_after(10ms, 47);
    EXPECT_EQ(wait(), 8ms) << "not more often";
}

TEST_F(ScrollPaceTest, gives_up_where_text_is_faster_still_and_tries_again_after_a_while) {
    for (unsigned i = 0; i < 4; ++i) {
        read_after(8ms, 0, true);
        EXPECT_EQ(wait(), 8ms);
    }
    for (unsigned i = 0; i < 80; ++i) {
        read_after(50ms, 0, true);
        EXPECT_EQ(wait(), std::nullopt);
    }
    for (unsigned i = 0; i < 4; ++i) {
        read_after(50ms, 0, true);
        EXPECT_EQ(wait(), 8ms);
    }
    read_after(8ms, 0, true);
    EXPECT_EQ(wait(), std::nullopt);
    read_after(50ms, 3);
    read_after(50ms, 0, true);
    EXPECT_EQ(wait(), 8ms);
    pace.stop();
    EXPECT_EQ(wait(), std::nullopt);
}

}  // namespace
}  // namespace console
