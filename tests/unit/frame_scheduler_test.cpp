// When a display is compared and presented: rest, the limit, the host, requested frames.
#include "frame_scheduler_fixture.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

// ---- the first frame after rest, and the limit

TEST_F(AFrameScheduler, rests_and_wakes_nobody_when_nothing_is_known) {
    EXPECT_FALSE(dispatch());
    EXPECT_EQ(scheduler.state(), State::resting);
    run(1h);
    EXPECT_EQ(wakeups, 0u);
    EXPECT_TRUE(compares.empty());
}

TEST_F(AFrameScheduler, presents_the_first_damage_after_rest_when_it_has_settled_and_not_an_interval_later) {
    draw(1ms, 10ms);
    run(1h);
    const Duration begun = now - start;
    announce();
    EXPECT_EQ(dispatch(), now + 1ms);
    EXPECT_EQ(scheduler.state(), State::waiting);
    run(49ms);
    EXPECT_EQ(last_of(presents), begun + 1ms);
}

TEST_F(AFrameScheduler, settles_from_the_first_announcement_so_that_a_burst_becomes_one_frame_and_not_none) {
    set({50ms, 5ms, false});
    draw(5ms, 1ms);
    run(100ms);
    EXPECT_EQ(presents, (std::vector<Duration>{5ms}));
}

TEST_F(AFrameScheduler, keeps_the_interval_between_presents_however_often_something_is_stored) {
    draw(1s, 1ms);
    EXPECT_EQ(first_of(presents), 1ms);
    for (std::size_t i = 1; i < presents.size(); ++i) EXPECT_EQ(presents[i] - presents[i - 1], 50ms) << i;
    EXPECT_EQ(presents.size(), 20u);
}

TEST_F(AFrameScheduler, has_one_throttle_for_all_sources_of_damage) {
    for (unsigned i = 0; i < 100; ++i) {
        switch (i % 4) {
            case 0:
                source.tracked = true;
                announce();
                break;
            case 1:
                explicit_client();
                announce();
                break;
            case 2:
                differs = true;
                scheduler.refresh(now);
                break;
            default:
                announce();
                scheduler.surface_changed(now);
        }
        run(7ms);
    }
    ASSERT_GE(presents.size(), 13u);
    for (std::size_t i = 1; i < presents.size(); ++i) EXPECT_GE(presents[i] - presents[i - 1], 50ms) << i;
}

TEST_F(AFrameScheduler, waits_for_nothing_but_the_settling_where_there_is_no_limit) {
    set({0ms, 1ms, false});
    draw(5ms, 1ms);
    EXPECT_EQ(presents, (std::vector<Duration>{1ms, 2ms, 3ms, 4ms, 5ms}));
    set({0ms, 0ms, false});
    announce();
    dispatch();
    EXPECT_EQ(presents.size(), 6u);
}

TEST_F(AFrameScheduler, takes_a_new_limit_for_what_is_left_of_the_interval_under_way) {
    announce();
    run(2ms);
    ASSERT_EQ(presents, (std::vector<Duration>{1ms}));
    announce();
    EXPECT_EQ(dispatch(), start + 51ms);
    set({10ms, 1ms, false});
    EXPECT_EQ(dispatch(), start + 11ms);
    set({1s, 1ms, false});
    EXPECT_EQ(dispatch(), start + 1001ms);
}

TEST_F(AFrameScheduler, compares_when_it_is_asked_to_although_nothing_is_known_and_takes_the_earlier_reason) {
    explicit_client();
    scheduler.refresh(now + 20ms);
    EXPECT_EQ(dispatch(), now + 20ms);
    announce();
    EXPECT_EQ(dispatch(), now + 1ms);
    run(1ms);
    EXPECT_EQ(compares, (std::vector<Duration>{1ms}));
    run(1s);
    EXPECT_EQ(compares.size(), 1u) << "that one was for both";
}

TEST_F(AFrameScheduler, presents_periodically_at_the_limit_and_without_one_twenty_times_a_second) {
    set({20ms, 1ms, true});
    run(99ms);
    EXPECT_EQ(presents, (std::vector<Duration>{0ms, 20ms, 40ms, 60ms, 80ms}));
    set({0ms, 1ms, true});
    run(41ms);
    EXPECT_EQ(last_of(presents), 130ms);
    EXPECT_EQ(presents.size(), 6u);
}

// ---- the host

TEST_F(AFrameScheduler, presents_again_what_was_refused_although_nothing_more_is_stored) {
    host_refuses = true;
    announce();
    run(500ms);
    EXPECT_TRUE(presents.empty());
    host_refuses = false;
    run(51ms);
    EXPECT_EQ(presents.size(), 1u);
}

TEST_F(AFrameScheduler, asks_a_host_that_refuses_no_more_often_than_the_limit_whatever_is_drawn) {
    host_refuses = true;
    draw(1s, 1ms);
    for (std::size_t i = 1; i < refusals.size(); ++i) EXPECT_GE(refusals[i] - refusals[i - 1], 50ms) << i;
    EXPECT_GE(refusals.size(), 19u);
}

TEST_F(AFrameScheduler, asks_a_host_that_refuses_a_hundred_times_a_second_at_most_where_there_is_no_limit) {
    set({0ms, 0ms, false});
    host_refuses = true;
    draw(1s, 1ms);
    EXPECT_LE(refusals.size(), 101u);
    EXPECT_GE(refusals.size(), 90u);
}

// ---- FRAME

TEST_F(AFrameScheduler, waits_for_a_requested_frame_as_long_as_a_host_may_refuse_it) {
    EXPECT_EQ(scheduler.frame_timeout(true), 1ms + 50ms + 1s);
    set({0ms, 1s, false});
    EXPECT_EQ(scheduler.frame_timeout(true), 1s + 10ms + 1s);
}

TEST_F(AFrameScheduler, waits_an_interval_for_a_requested_frame_that_nobody_can_see) {
    EXPECT_EQ(scheduler.frame_timeout(false), 50ms);
    scheduler.inhibit(Inhibitor::hidden, true);
    EXPECT_EQ(scheduler.frame_timeout(true), 50ms);
    set({0ms, 1ms, false});
    EXPECT_EQ(scheduler.frame_timeout(true), FrameScheduler::empty_interval);
}

TEST_F(AFrameScheduler, goes_on_with_a_requested_frame_although_the_host_refuses) {
    source.frame_requested = true;
    host_refuses = true;
    announce();
    run(500ms);
    EXPECT_GE(refusals.size(), 9u);
    host_refuses = false;
    run(51ms);
    EXPECT_EQ(presents.size(), 1u);
}

}  // namespace
}  // namespace hvfbd
