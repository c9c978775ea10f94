// Clients that report by themselves, and how seldom one is asked that has nothing to say.
#include "frame_scheduler_fixture.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

// ---- clients that report by themselves

struct AFrameSchedulerOfAReportingClient : AFrameScheduler {
    AFrameSchedulerOfAReportingClient() { source.reports = source.can_rest = true; }
};

TEST_F(AFrameSchedulerOfAReportingClient, leaves_it_ten_milliseconds_to_report_and_then_asks) {
    announce();
    run(1ms + FrameScheduler::report_timeout - 1ns);
    EXPECT_TRUE(collects.empty());
    run(1ns);
    EXPECT_EQ(collects, (std::vector<Duration>{11ms}));
}

TEST_F(AFrameSchedulerOfAReportingClient, asks_at_once_where_a_frame_was_requested) {
    source.frame_requested = true;
    announce();
    run(1ms);
    EXPECT_EQ(collects, (std::vector<Duration>{1ms}));
}

TEST_F(AFrameSchedulerOfAReportingClient, that_scans_asks_it_now_and_then_whether_it_is_stopped) {
    source.scans = source.unprotected = true;
    announce();
    run(1s);
    EXPECT_GE(collects.size(), 6u);
    EXPECT_LE(collects.size(), 8u);
}

TEST_F(AFrameSchedulerOfAReportingClient, that_scans_asks_it_no_sooner_where_it_announced_for_nothing) {
    source.scans = source.unprotected = true;
    announce(false);
    run(100ms);
    EXPECT_EQ(collects.size(), 1u);
}

TEST_F(AFrameSchedulerOfAReportingClient, that_never_rests_asks_it_ever_more_seldom_down_to_once_a_second) {
    source.can_rest = false;
    source.scans = source.unprotected = true;
    announce();
    run(10s);
    EXPECT_GE(collects.size(), 10u);
    EXPECT_LE(collects.size(), 14u);
}

TEST_F(AFrameSchedulerOfAReportingClient,
       notifies_it_twenty_times_a_second_at_most_which_open_pages_differed) {
    unsigned notified = 0;
    for (unsigned i = 0; i < 1000; ++i, now += 1ms) notified += scheduler.notify_compared(now);
    EXPECT_EQ(notified, 20u);
    EXPECT_TRUE(scheduler.notify_compared(now + 1s));
    EXPECT_TRUE(scheduler.notify_compared(now + 1s + 50ms));
}

TEST_F(AFrameSchedulerOfAReportingClient,
       samples_what_is_open_for_fifty_milliseconds_after_all_of_it_was_compared) {
    auto sampled = [&] {
        source.reported = source.hinted = true;
        announce(false);
        Action action = scheduler.next(source, now);
        EXPECT_EQ(action.kind, Kind::compare);
        scheduler.compared(true);
        scheduler.presented(Presented::nothing, now);
        return action.sampled;
    };
    EXPECT_FALSE(sampled());
    scheduler.compared_in_full(now);
    EXPECT_TRUE(sampled());
    now += 49ms;
    EXPECT_TRUE(sampled());
    now += 1ms;
    EXPECT_FALSE(sampled());
}

// ---- back-off

TEST_F(AFrameScheduler,
       compares_a_polled_surface_at_the_limit_while_it_differs_and_four_times_a_second_at_rest) {
    polled_client();
    announce();
    run(1s, [&] { differs = true; });
    EXPECT_GE(presents.size(), 19u);
    run(5s);
    compares.clear();
    run(10s);
    EXPECT_EQ(compares.size(), 40u);
    compares.clear();
    differs = true;
    run(1s);
    EXPECT_GE(compares.size(), 5u) << "and begins anew with a find";
    EXPECT_TRUE(collects.empty());
}

TEST_F(AFrameScheduler, asks_twenty_times_a_second_where_a_store_would_not_be_announced) {
    set({10ms, 1ms, false});
    source.unprotected = source.can_rest = source.will_rest = true;
    announce();
    run(2s);
    collects.clear();
    run(1s);
    EXPECT_EQ(collects.size(), 20u);
    source.unprotected = false;
    run(100ms);
    EXPECT_FALSE(dispatch()) << "once it is protected it announces";
}

TEST_F(AFrameScheduler, begins_its_back_off_anew_with_new_settings_and_with_another_surface) {
    polled_client();
    announce();
    run(5s);
    set(settings);
    run(250ms);
    compares.clear();
    run(100ms);
    EXPECT_GE(compares.size(), 1u);
    run(5s);
    scheduler.surface_changed(now);
    compares.clear();
    run(100ms);
    EXPECT_EQ(compares.size(), 2u);
}

TEST_F(AFrameScheduler, compares_soon_again_where_the_announced_store_has_not_landed_yet) {
    source.unprotected = source.can_rest = source.will_rest = true;
    announce(false);
    run(1ms);
    ASSERT_EQ(compares.size(), 1u);
    differs = true;
    run(100us);
    EXPECT_EQ(presents, (std::vector<Duration>{1ms + EmptyCompares::step}));
}

TEST_F(AFrameScheduler, compares_no_sooner_again_what_it_found_or_what_was_not_announced) {
    source.unprotected = source.can_rest = source.will_rest = true;
    announce();
    run(10ms);
    EXPECT_EQ(compares, (std::vector<Duration>{1ms}));
    compares.clear();
    scheduler.refresh(now);
    run(110ms);
    EXPECT_EQ(compares, (std::vector<Duration>{51ms, 101ms}));
    set({0ms, 0ms, false});
    run(1s);
    compares.clear();
    announce();
    run(BackOff::shortest - 1ns);
    EXPECT_EQ(compares.size(), 1u);
}

TEST_F(AFrameScheduler, compares_no_sooner_again_what_is_protected_or_reported_by_a_client_that_scans) {
    auto compares_of = [&](bool whole_surface, bool unprotected, bool reports, bool scans) {
        FrameScheduler another;
        another.settings_changed({1ms, 0ms, false});
        source = {};
        source.exists = source.hinted = true;
        source.whole = whole_surface;
        source.unprotected = unprotected;
        source.reports = source.reported = reports;
        source.can_rest = source.scans = scans;
        source.damaged_since = now;
        EXPECT_EQ(another.next(source, now).kind, Kind::compare);
        source.damaged_since.reset();
        another.compared(false);
        another.presented(Presented::nothing, now);
        source.hinted = source.reported = false;
        return another.next(source, now).at - now;
    };
    EXPECT_EQ(compares_of(false, true, false, false), EmptyCompares::step);
    EXPECT_EQ(compares_of(false, true, true, false), EmptyCompares::step);
    EXPECT_EQ(compares_of(false, true, false, true), EmptyCompares::step);
    EXPECT_EQ(compares_of(false, true, true, true), 150ms);
    EXPECT_EQ(compares_of(true, false, false, false), 1ms);
}

TEST(ADamageSource, says_nothing_unless_it_is_told) {
    const DamageSource source;
    for (bool flag : {source.exists, source.tracked, source.whole, source.polled, source.unprotected,
                      source.reports, source.scans, source.can_rest, source.will_rest, source.answer_owed,
                      source.reported, source.hinted, source.frame_requested})
        EXPECT_FALSE(flag);
    EXPECT_EQ(FrameScheduler::Action(), (FrameScheduler::Action{AFrameScheduler::Kind::rest, Time{}, false,
                                                                false, false, false, false}));
    EXPECT_FALSE(FrameScheduler::Settings().periodic);
}

TEST_F(AFrameScheduler, lets_a_client_that_announces_for_nothing_have_no_more_frames_than_the_limit) {
    explicit_client();
    for (unsigned i = 0; i < 1000; ++i) {
        announce(false);
        run(1ms);
    }
    EXPECT_LE(compares.size(), EmptyCompares::most + 21u);
    set({0ms, 0ms, false});
    compares.clear();
    for (unsigned i = 0; i < 1000; ++i) {
        announce(false);
        run(1ms);
    }
    EXPECT_LE(compares.size(), 101u) << "and without a limit no more than a hundred a second";
    announce();
    run(10ms);
    EXPECT_EQ(presents.size(), 1u);
    compares.clear();
    for (unsigned i = 0; i < 5; ++i) {
        announce(false);
        run(1ms);
    }
    EXPECT_EQ(compares.size(), 5u) << "a find allows some more";
}

// ---- the back-off by itself

TEST(ABackOff, is_the_interval_while_something_is_found) {
    BackOff back_off;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(back_off.next(true, 20ms, 250ms), 20ms);
}

TEST(ABackOff, doubles_while_nothing_is_found_and_starts_anew_when_it_is) {
    BackOff back_off;
    EXPECT_EQ(back_off.next(false, 20ms, 250ms), 20ms);
    EXPECT_EQ(back_off.next(false, 20ms, 250ms), 40ms);
    EXPECT_EQ(back_off.next(false, 20ms, 250ms), 80ms);
    EXPECT_EQ(back_off.next(false, 20ms, 250ms), 160ms);
    EXPECT_EQ(back_off.next(false, 20ms, 250ms), 250ms);
    EXPECT_EQ(back_off.next(false, 20ms, 250ms), 250ms);
    EXPECT_EQ(back_off.next(true, 20ms, 250ms), 20ms);
    back_off.next(false, 20ms, 250ms);
    back_off.reset();
    EXPECT_EQ(back_off.next(false, 20ms, 250ms), 20ms);
}

TEST(ABackOff, is_never_faster_than_the_limit_nor_than_a_millisecond) {
    BackOff back_off;
    EXPECT_EQ(back_off.next(false, 1s, 250ms), 1s);
    back_off.reset();
    EXPECT_EQ(back_off.next(true, 0ms, 250ms), 1ms);
}

TEST(EmptyCompares, are_allowed_some_times_and_again_after_a_find) {
    EmptyCompares empty;
    EXPECT_EQ(empty.next(), 50us);
    EXPECT_EQ(empty.next(), 100us);
    for (unsigned i = 2; i < EmptyCompares::most; ++i) EXPECT_EQ(empty.next(), 150us);
    EXPECT_FALSE(empty.next());
    empty.reset();
    EXPECT_EQ(empty.next(), 50us);
}

}  // namespace
}  // namespace hvfbd
