#include "output/drm/presence.h"

#include <gtest/gtest.h>

namespace hvfbd::drm {
namespace {

using namespace std::chrono_literals;
using State = Presence::State;

class APresence : public ::testing::Test {
  protected:
    // Lets each attempt that is due fail in this way; says how long after `now` they were.
    std::vector<Duration> fail(State state) {
        std::vector<Duration> at;
        for (Time time = now; presence.wake_at() && at.size() < 100; at.push_back(time - now)) {
            time = std::max(time, *presence.wake_at());
            EXPECT_TRUE(presence.due(time));
            presence.found(state, time);
        }
        return at;
    }
    Presence presence;
    Time now{std::chrono::hours(1)};
};

TEST_F(APresence, has_no_card_and_asks_for_nothing_until_something_happens) {
    EXPECT_EQ(presence.state(), State::gone);
    EXPECT_FALSE(presence.wake_at());
    presence.happened(now);
    EXPECT_TRUE(presence.due(now));
}

TEST_F(APresence, tries_a_few_times_more_for_what_is_taken_or_missing_and_then_rests) {
    for (State state : {State::gone, State::not_master, State::incomplete}) {
        now += 1h;
        presence.happened(now);
        EXPECT_EQ(fail(state), (std::vector<Duration>{0s, 1s, 3s, 7s, 15s, 31s}));
        EXPECT_FALSE(presence.wake_at());
        EXPECT_EQ(presence.state(), state);
    }
}

TEST_F(APresence, is_at_rest_once_it_has_the_card) {
    presence.happened(now);
    presence.found(State::had, now);
    EXPECT_EQ(presence.state(), State::had);
    EXPECT_FALSE(presence.wake_at());
}

TEST_F(APresence, tries_again_by_itself_when_it_loses_the_card) {
    presence.happened(now);
    presence.found(State::had, now);
    now += 1h;
    presence.found(State::not_master, now);
    EXPECT_EQ(fail(State::not_master), (std::vector<Duration>{1s, 3s, 7s, 15s, 31s}));
}

TEST_F(APresence, tries_as_often_after_a_loss_though_it_took_some_attempts_to_get_the_card) {
    presence.happened(now);
    presence.found(State::gone, now);
    presence.found(State::gone, now + 1s);
    presence.found(State::had, now + 3s);
    now += 1h;
    presence.found(State::not_master, now);
    EXPECT_EQ(fail(State::not_master), (std::vector<Duration>{1s, 3s, 7s, 15s, 31s}));
}

TEST_F(APresence, is_not_kept_busy_by_much_that_happens) {
    presence.happened(now);
    presence.found(State::not_master, now);
    unsigned attempts = 0;
    for (Time end = now + 1s; now < end; now += 1ms) {
        presence.happened(now);
        if (!presence.due(now)) continue;
        ++attempts;
        presence.found(State::not_master, now);
    }
    EXPECT_LE(attempts, 10u);
    EXPECT_GE(attempts, 9u);
}

}  // namespace
}  // namespace hvfbd::drm
