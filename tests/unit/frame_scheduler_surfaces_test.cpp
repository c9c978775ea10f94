// Another surface, none, an exception, the last frame.
#include "frame_scheduler_fixture.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

TEST_F(AFrameScheduler, compares_another_surface_at_once_and_waits_for_no_answer_of_the_one_before) {
    answers = false;
    announce();
    run(2ms);
    ASSERT_EQ(scheduler.state(), State::collecting);
    source = {};
    source.exists = true;
    differs = true;
    scheduler.surface_changed(now);
    last = scheduler.next(source, now);
    EXPECT_TRUE(last.kind == Kind::compare && last.begins);
    compare();
    dispatch();
    EXPECT_EQ(presents, (std::vector<Duration>{2ms}));
}

TEST_F(AFrameScheduler, does_not_go_on_comparing_a_surface_because_the_one_before_did_not_answer) {
    answers = false;
    announce(false);
    run(60ms);
    source = {};
    source.exists = true;
    scheduler.surface_changed(now);
    run(50ms);
    EXPECT_FALSE(dispatch());
}

TEST_F(AFrameScheduler, compares_and_presents_once_where_there_is_no_surface_and_then_rests) {
    source = {};
    differs = true;
    scheduler.surface_changed(now);
    EXPECT_FALSE(dispatch());
    EXPECT_EQ(presents.size(), 1u);
    run(1min);
    EXPECT_EQ(wakeups, 0u);
}

TEST_F(AFrameScheduler, forgets_what_the_surface_before_announced_for_nothing_was_asked_and_held) {
    explicit_client();
    for (unsigned i = 0; i <= EmptyCompares::most; ++i) {
        announce(false);
        run(60ms);
    }
    scheduler.surface_changed(now);
    run(60ms);
    compares.clear();
    for (unsigned i = 0; i < EmptyCompares::most; ++i) {
        announce(false);
        run(1ms);
    }
    EXPECT_EQ(compares.size(), EmptyCompares::most);

    run(60ms);
    source.tracked = true;
    answers = false;
    announce();
    run(2ms);
    ASSERT_EQ(scheduler.state(), State::collecting);
    scheduler.inhibit(Inhibitor::hidden, true);
    run(60ms);
    ASSERT_EQ(scheduler.state(), State::held);
    source = {};
    source.exists = true;
    scheduler.surface_changed(now);
    scheduler.inhibit(Inhibitor::hidden, false);
    last = scheduler.next(source, now);
    EXPECT_EQ(last.kind, Kind::compare);
    EXPECT_FALSE(last.whole);
    EXPECT_FALSE(scheduler.announced_at());
}

TEST_F(AFrameScheduler, goes_on_waiting_for_an_answer_after_an_exception_and_presents_anew_what_it_ended) {
    answers = false;
    announce();
    run(1ms);
    scheduler.frame_failed(now);
    EXPECT_EQ(scheduler.state(), State::collecting);
    answer();
    EXPECT_EQ(scheduler.next(source, now).kind, Kind::compare);
    scheduler.compared(true);
    scheduler.frame_failed(now);
    EXPECT_EQ(scheduler.state(), State::resting);
}

TEST_F(AFrameScheduler, begins_a_frame_anew_that_an_exception_ended_and_not_while_it_is_inhibited) {
    explicit_client();
    announce();
    run(999us);
    now += 1us;
    ASSERT_EQ(scheduler.next(source, now).kind, Kind::compare);
    source.damaged_since.reset();
    source.hinted = false;
    scheduler.frame_failed(now);
    scheduler.inhibit(Inhibitor::hidden, true);
    EXPECT_FALSE(dispatch());
    scheduler.inhibit(Inhibitor::hidden, false);
    last = scheduler.next(source, now);
    EXPECT_TRUE(last.kind == Kind::compare && last.begins && last.damage);
}

TEST_F(AFrameScheduler, compares_a_last_time_whatever_is_waited_for_or_inhibits) {
    answers = false;
    announce();
    run(2ms);
    scheduler.inhibit(Inhibitor::hidden, true);
    last = scheduler.flush(source, now);
    EXPECT_TRUE(last.kind == Kind::compare && last.begins && last.damage);
    compare();
    EXPECT_EQ(scheduler.next(source, now).kind, Kind::present);
    present();
    EXPECT_EQ(presents.size(), 1u);
    EXPECT_FALSE(dispatch());
}

}  // namespace
}  // namespace hvfbd
