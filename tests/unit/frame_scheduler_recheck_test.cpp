// What becomes of a recheck; recheck_test says when there is one.
#include "frame_scheduler_fixture.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

struct AFrameSchedulerThatRechecks : AFrameScheduler {
    const Layout layout = layout_for({320, 200});
    AFrameSchedulerThatRechecks() {
        explicit_client();
        announce();
        run(1s);
        reported();
        compares.clear();
        presents.clear();
    }
    void reported() {
        DamageHints hints(layout);
        hints.add_rectangle({0, 0, 10, 10});
        scheduler.recheck_later(hints, layout, true, now);
    }
};

TEST_F(AFrameSchedulerThatRechecks, compares_what_was_reported_again_for_some_seconds_and_asks_nobody) {
    source.tracked = true;
    const Duration begun = now - start;
    run(1min);
    ASSERT_FALSE(compares.empty());
    EXPECT_EQ(first_of(compares), begun + Recheck::first);
    EXPECT_EQ(last_of(compares), begun + Recheck::longest);
    EXPECT_TRUE(collects.empty());
    EXPECT_FALSE(dispatch());
}

TEST_F(AFrameSchedulerThatRechecks, compares_only_there_and_presents_what_landed_late) {
    now += Recheck::first;
    last = scheduler.next(source, now);
    EXPECT_TRUE(last.kind == Kind::compare && last.begins && last.recheck);
    EXPECT_FALSE(last.damage);
    differs = true;
    compare();
    dispatch();
    EXPECT_EQ(presents.size(), 1u);
    EXPECT_FALSE(scheduler.announced_at());
}

TEST_F(AFrameSchedulerThatRechecks, keeps_the_interval_for_what_landed_late_too) {
    announce();
    run(1ms);
    reported();
    differs = true;
    run(100ms);
    ASSERT_EQ(presents.size(), 2u);
    EXPECT_EQ(presents[1] - presents[0], 50ms);
}

TEST_F(AFrameSchedulerThatRechecks, compares_the_damage_too_where_there_is_another_reason_for_the_frame) {
    const FrameScheduler before = scheduler;
    const DamageSource source_before = source;
    const Time due = now + Recheck::first;
    auto damage_with = [&](const std::function<void()>& reason) {
        scheduler = before;
        source = source_before;
        now = due;
        reason();
        last = scheduler.next(source, now);
        EXPECT_TRUE(last.kind == Kind::compare && last.recheck);
        return last.damage;
    };
    EXPECT_FALSE(damage_with([] {}));
    EXPECT_TRUE(damage_with([&] { source.hinted = true; }));
    EXPECT_TRUE(damage_with([&] { source.damaged_since = now; }));
    EXPECT_TRUE(damage_with([&] { scheduler.refresh(now); }));
    EXPECT_TRUE(damage_with([&] { scheduler.refresh(now - 1ms); }));
    EXPECT_FALSE(damage_with([&] { scheduler.refresh(now + 1ms); }));
    EXPECT_TRUE(damage_with([&] { scheduler.settings_changed({50ms, 1ms, true}); }));
}

TEST_F(AFrameSchedulerThatRechecks, does_it_with_no_frame_before_it_is_due_nor_where_nothing_was_reported) {
    announce();
    now += 1ms;
    last = scheduler.next(source, now);
    EXPECT_TRUE(last.damage && !last.recheck);
    compare();
    dispatch();
    scheduler.surface_changed(now);
    source.frame_requested = true;
    now += 1min;
    last = scheduler.next(source, now);
    EXPECT_TRUE(last.damage && !last.recheck);
}

TEST_F(AFrameSchedulerThatRechecks, leaves_it_to_a_client_that_is_compared_anyhow_until_it_rests) {
    for (auto [unprotected, will_rest] : {std::pair(true, true), {true, false}, {false, true}}) {
        source.unprotected = unprotected;
        source.will_rest = will_rest;
        FrameScheduler copy = scheduler;
        copy.refresh(now);
        EXPECT_EQ(copy.next(source, now + Recheck::first).recheck, !(unprotected && will_rest));
    }
}

TEST_F(AFrameSchedulerThatRechecks, does_it_of_no_surface_and_with_the_last_frame_only_when_it_is_due) {
    source.exists = false;
    EXPECT_FALSE(dispatch());
    now += Recheck::first;
    EXPECT_FALSE(scheduler.flush(source, now).recheck);
    source.exists = true;
    EXPECT_TRUE(scheduler.flush(source, now).recheck);
}

TEST_F(AFrameSchedulerThatRechecks, is_flushed_with_all_that_is_damaged) {
    source.frame_requested = true;
    EXPECT_FALSE(FrameScheduler(scheduler).flush(source, now).recheck);
    now += Recheck::first;
    source.frame_requested = false;
    EXPECT_FALSE(scheduler.next(source, now).damage);
    EXPECT_TRUE(scheduler.flush(source, now).damage);
}

TEST_F(AFrameSchedulerThatRechecks, says_where) {
    auto where = scheduler.recheck_area();
    EXPECT_EQ(std::vector<Rectangle>(where.begin(), where.end()), (std::vector<Rectangle>{{0, 0, 10, 10}}));
}

TEST_F(AFrameSchedulerThatRechecks, does_it_with_a_frame_that_is_due_anyhow) {
    now += Recheck::first - 1ms;
    announce();
    now += 1ms;
    last = scheduler.next(source, now);
    EXPECT_TRUE(last.damage && last.recheck);
}

TEST_F(AFrameSchedulerThatRechecks, does_it_with_every_frame_that_was_requested) {
    source.frame_requested = true;
    announce();
    now += 1ms;
    last = scheduler.next(source, now);
    EXPECT_TRUE(last.damage && last.recheck);
}

TEST_F(AFrameSchedulerThatRechecks,
       does_not_wake_for_a_surface_that_is_compared_anyhow_or_another_or_hidden) {
    source.unprotected = true;
    EXPECT_FALSE(dispatch());
    source.unprotected = false;
    source.polled = true;
    EXPECT_FALSE(dispatch());
    source.polled = false;
    EXPECT_TRUE(dispatch());
    scheduler.inhibit(Inhibitor::hidden, true);
    EXPECT_FALSE(dispatch());
    scheduler.inhibit(Inhibitor::hidden, false);
    scheduler.surface_changed(now);
    run(100ms);
    compares.clear();
    EXPECT_FALSE(dispatch());
}

}  // namespace
}  // namespace hvfbd
