#include "vnc/look_state.h"

#include <gtest/gtest.h>

#include <chrono>

namespace vnc {
namespace {

using namespace std::chrono_literals;

class LookStateTest : public testing::Test {
  protected:
    Time now{1h};
    LookState state{now};
};

TEST_F(LookStateTest, AClientThatConnectsLooksAndOneThatSaysNothingStopsToLook) {
    EXPECT_TRUE(state.looks(now));
    EXPECT_EQ(state.wake_at(now), now + LookState::lingering);
    now += LookState::lingering;
    EXPECT_FALSE(state.looks(now));
    EXPECT_FALSE(state.wake_at(now));
}

TEST_F(LookStateTest, AClientThatWaitsForAnUpdateLooksForHoursAndWakesNobody) {
    state.set_asked(true, now);
    EXPECT_TRUE(state.looks(now + 24h));
    EXPECT_FALSE(state.wake_at(now));
    EXPECT_FALSE(state.wake_at(now + 24h));
}

TEST_F(LookStateTest, AClientThatAsksNoMoreStopsToLookAfterAMoment) {
    state.set_asked(true, now);
    now += 1h;
    state.set_asked(false, now);
    EXPECT_TRUE(state.looks(now + LookState::lingering - 1ms));
    EXPECT_EQ(state.wake_at(now), now + LookState::lingering);
    // What is said twice is said once.
    state.set_asked(false, now + 1s);
    EXPECT_FALSE(state.looks(now + LookState::lingering));
    state.set_asked(true, now + 1h);
    EXPECT_TRUE(state.looks(now + 1h));
}

TEST_F(LookStateTest, AClientThatAsksAllTheTimeIsAnsweredSixtyTimesASecond) {
    state.set_asked(true, now);
    EXPECT_TRUE(state.may_answer(now));
    state.answered(now);
    state.set_asked(true, now);
    EXPECT_FALSE(state.may_answer(now));
    EXPECT_EQ(state.wake_at(now), now + LookState::shortest_interval);
    EXPECT_TRUE(state.may_answer(now + LookState::shortest_interval));
    EXPECT_FALSE(state.wake_at(now + LookState::shortest_interval));
}

}  // namespace
}  // namespace vnc
