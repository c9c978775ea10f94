// What keeps a display from being presented, and what follows when that ends.
#include "frame_scheduler_fixture.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

using Inhibitor = FrameScheduler::Inhibitor;

struct AnInhibitedFrameScheduler : AFrameScheduler, testing::WithParamInterface<Inhibitor> {};

TEST_P(AnInhibitedFrameScheduler, presents_and_wakes_nothing_and_presents_at_once_when_that_ends) {
    scheduler.inhibit(GetParam(), true);
    scheduler.refresh(now);
    announce();
    run(10s);
    EXPECT_TRUE(collects.empty());
    EXPECT_TRUE(compares.empty());
    EXPECT_EQ(wakeups, 0u);
    EXPECT_EQ(scheduler.state(), State::held);
    scheduler.inhibit(GetParam(), false);
    dispatch();
    EXPECT_EQ(presents, (std::vector<Duration>{10s}));
}
INSTANTIATE_TEST_SUITE_P(By, AnInhibitedFrameScheduler,
                         testing::Values(Inhibitor::hidden, Inhibitor::no_front, Inhibitor::client_frame));

TEST_F(AFrameScheduler, is_inhibited_until_the_last_reason_has_ended_however_often_each_began) {
    announce();
    scheduler.inhibit(Inhibitor::hidden, true);
    scheduler.inhibit(Inhibitor::hidden, true);
    scheduler.inhibit(Inhibitor::no_front, true);
    scheduler.inhibit(Inhibitor::hidden, false);
    EXPECT_FALSE(scheduler.inhibited(Inhibitor::hidden));
    EXPECT_TRUE(scheduler.inhibited(Inhibitor::no_front));
    run(1s);
    EXPECT_TRUE(presents.empty());
    scheduler.inhibit(Inhibitor::no_front, false);
    dispatch();
    EXPECT_EQ(presents.size(), 1u);
}

TEST_F(AFrameScheduler, presents_not_even_periodically_while_it_is_inhibited) {
    set({50ms, 1ms, true});
    scheduler.inhibit(Inhibitor::hidden, true);
    run(1s);
    EXPECT_TRUE(presents.empty());
    EXPECT_EQ(wakeups, 0u);
}

TEST_F(AFrameScheduler,
       that_is_hidden_while_an_answer_is_waited_for_begins_that_frame_anew_when_it_is_shown) {
    answers = false;
    announce();
    run(2ms);
    ASSERT_EQ(scheduler.state(), State::collecting);
    scheduler.inhibit(Inhibitor::hidden, true);
    answer();
    run(1s);
    EXPECT_TRUE(compares.empty());
    scheduler.inhibit(Inhibitor::hidden, false);
    answers = true;
    dispatch();
    EXPECT_EQ(collects.size(), 2u) << "what was stored since then is not in that answer";
    EXPECT_EQ(presents.size(), 1u);
    EXPECT_FALSE(dispatch()) << "and once";
}

TEST_F(AFrameScheduler, that_is_hidden_while_no_answer_comes_compares_everything_when_it_is_shown) {
    answers = false;
    announce();
    run(2ms);
    scheduler.inhibit(Inhibitor::hidden, true);
    run(1s);
    EXPECT_TRUE(compares.empty());
    scheduler.inhibit(Inhibitor::hidden, false);
    last = scheduler.next(source, now);
    EXPECT_EQ(last.kind, Kind::compare);
    EXPECT_TRUE(last.whole);
}

TEST_F(AFrameScheduler, waits_for_an_open_frame_and_presents_once_it_is_closed) {
    EXPECT_TRUE(scheduler.frame_open(now, now));
    announce();
    run(40ms, [&] { ASSERT_TRUE(scheduler.frame_open(start, now)); });
    EXPECT_TRUE(presents.empty());
    EXPECT_TRUE(scheduler.frame_open(std::nullopt, now));
    EXPECT_FALSE(dispatch()) << "nor is anything left to wake for";
    EXPECT_EQ(presents, (std::vector<Duration>{40ms}));
}

TEST_F(AFrameScheduler, waits_for_an_open_frame_a_hundred_milliseconds_at_most) {
    std::optional<Time> open = now;
    announce();
    run(1s, [&] {
        if (!scheduler.frame_open(open, now)) open.reset();
    });
    EXPECT_EQ(presents, (std::vector<Duration>{FrameScheduler::longest_open_frame}));
    EXPECT_FALSE(open);
}

TEST_F(AFrameScheduler, does_not_count_the_time_in_which_it_was_stopped_against_an_open_frame) {
    scheduler.frame_open(now, now);
    announce();
    dispatch();
    now += 10s;
    EXPECT_TRUE(scheduler.frame_open(start, now));
    dispatch();
    EXPECT_TRUE(presents.empty());
}

TEST_F(AFrameScheduler, judges_a_frame_that_is_opened_after_another_from_its_own_beginning) {
    for (unsigned i = 0; i < 5; ++i) {
        const Time since = now;
        run(90ms, [&] { EXPECT_TRUE(scheduler.frame_open(since, now)) << i; });
    }
}

}  // namespace
}  // namespace hvfbd
