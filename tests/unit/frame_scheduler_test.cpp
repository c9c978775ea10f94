// When a display is collected from, compared and presented, under a clock of the test's.
#include "display/frame_scheduler.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

namespace hvfbd {
namespace {

using namespace std::chrono_literals;
using Action = FrameScheduler::Action;
using Kind = Action::Kind;
using State = FrameScheduler::State;
using Presented = FrameScheduler::Presented;
using Inhibitor = FrameScheduler::Inhibitor;

// A scheduler, and around it a client, a surface and a host that do what the test says.
struct AFrameScheduler : testing::Test {
    FrameScheduler scheduler;
    FrameScheduler::Settings settings{50ms, 1ms, false};
    DamageSource source;
    const Time start{10h};
    Time now = start;

    bool differs = false;                                          // shadow from front, until it is compared
    bool host_refuses = false;                                     // every present
    bool answers = true;                                           // the client, COLLECT, at once
    bool pending_damage = false;                                   // compared, not yet presented
    std::vector<Duration> collects, compares, presents, refusals;  // after `start`
    std::vector<bool> begins, whole;                               // of each in `compares`
    unsigned wakeups = 0;
    Action last;

    AFrameScheduler() {
        source.exists = source.tracked = true;
        set(settings);
    }
    void set(const FrameScheduler::Settings& to) { scheduler.settings_changed(settings = to); }
    void explicit_client() { source.tracked = false; }
    void polled_client() { source.whole = source.polled = true; }

    // The client stored something and announced it; nothing: it announced for nothing.
    void announce(bool stored = true) {
        differs |= stored;
        if (!source.tracked) source.hinted = true;
        if (!source.damaged_since) source.damaged_since = now;
    }
    void answer() {
        source.answer_owed = false;
        source.hinted = true;
    }

    static Duration first_of(const std::vector<Duration>& times) {
        return times.empty() ? -1ns : times.front();
    }
    static Duration last_of(const std::vector<Duration>& times) {
        return times.empty() ? -1ns : times.back();
    }

    // Does what is to be done now. When to go on.
    std::optional<Time> dispatch() {
        for (unsigned actions = 0; actions < 20; ++actions) {
            last = scheduler.next(source, now);
            switch (last.kind) {
                case Kind::rest:
                    return std::nullopt;
                case Kind::wake:
                    return last.at;
                case Kind::collect:
                    collects.push_back(now - start);
                    source.damaged_since.reset();
                    source.answer_owed = true;
                    if (answers) answer();
                    break;
                case Kind::compare:
                    compare();
                    break;
                case Kind::present:
                    present();
                    break;
            }
        }
        ADD_FAILURE() << "it does not come to an end";
        return std::nullopt;
    }
    void compare() {
        compares.push_back(now - start);
        begins.push_back(last.begins);
        whole.push_back(last.whole);
        if (last.recheck) scheduler.rechecked(differs, now);
        if (last.damage) {
            source.hinted = source.reported = false;
            source.damaged_since.reset();
        }
        pending_damage |= differs;
        scheduler.compared(std::exchange(differs, false));
    }
    void present() {
        bool something = pending_damage || settings.periodic;
        Presented presented = !something     ? Presented::nothing
                              : host_refuses ? Presented::refused
                                             : Presented::done;
        if (presented == Presented::done) pending_damage = false;
        if (presented != Presented::nothing)
            (presented == Presented::done ? presents : refusals).push_back(now - start);
        scheduler.presented(presented, now);
    }
    // Lets time pass; `each` happens before every dispatch.
    void run(Duration time, const std::function<void()>& each = {}) {
        const Time end = now + time;
        for (;;) {
            if (each) each();
            std::optional<Time> at = dispatch();
            if (!at || *at > end) break;
            ASSERT_TRUE(*at > now || wakeups < 100'000) << "it wakes without end";
            now = *at;
            ++wakeups;
        }
        now = end;
    }
    // The same, and the client stores and announces after every such time.
    void draw(Duration time, Duration every) {
        for (const Time end = now + time; now < end;) {
            announce();
            run(every);
        }
    }
};

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

// ---- inhibitors

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

// ---- collections

TEST_F(AFrameScheduler, asks_for_damage_before_it_compares_and_compares_when_the_answer_comes) {
    answers = false;
    announce();
    run(6ms);
    EXPECT_EQ(collects, (std::vector<Duration>{1ms}));
    EXPECT_EQ(scheduler.state(), State::collecting);
    EXPECT_TRUE(compares.empty());
    answer();
    dispatch();
    EXPECT_EQ(compares, (std::vector<Duration>{6ms}));
    EXPECT_EQ(scheduler.announced_at(), start) << "until the next frame begins";
}

TEST_F(AFrameScheduler, asks_nobody_whose_damage_is_explicit_or_whose_report_is_there) {
    explicit_client();
    announce();
    run(100ms);
    EXPECT_EQ(presents.size(), 1u);
    source.tracked = source.reports = source.can_rest = source.reported = source.hinted = true;
    announce();
    dispatch();
    EXPECT_EQ(presents.size(), 2u) << "it has settled";
    EXPECT_TRUE(collects.empty());
}

TEST_F(AFrameScheduler, waits_for_an_answer_a_frame_and_then_compares_everything_without_it) {
    answers = false;
    announce();
    run(50ms);
    EXPECT_TRUE(compares.empty());
    now += 1ms;
    last = scheduler.next(source, now);
    EXPECT_EQ(last.kind, Kind::compare);
    EXPECT_TRUE(last.whole);
}

TEST_F(AFrameScheduler, gives_a_client_ten_milliseconds_to_answer_at_least_and_a_hundred_at_most) {
    answers = false;
    for (auto [interval, waits] : {std::pair<Duration, Duration>{0ms, 10ms}, {1ms, 10ms}, {10s, 100ms}}) {
        set({interval, 0ms, false});
        source.answer_owed = false;
        scheduler.surface_changed(now);
        now += 10s;
        compares.clear();
        const Duration begun = now - start;
        announce();
        run(waits);
        EXPECT_EQ(first_of(compares), begun + waits);
    }
}

TEST_F(AFrameScheduler, asks_one_thing_at_a_time_and_compares_without_asking_while_an_answer_is_owed) {
    answers = false;
    draw(500ms, 10ms);
    EXPECT_EQ(collects.size(), 1u);
    EXPECT_GE(presents.size(), 8u);
    EXPECT_EQ(whole, std::vector<bool>(whole.size(), true)) << "for nothing else tells what it stored";
}

TEST_F(AFrameScheduler, rests_though_a_client_never_answers_once_it_can_not_have_drawn_for_a_second) {
    answers = false;
    announce(false);
    run(5s);
    EXPECT_FALSE(dispatch());
    EXPECT_EQ(scheduler.state(), State::resting);
    EXPECT_GE(compares.size(), 3u);
    EXPECT_LE(last_of(compares), 1s + 200ms);
}

TEST_F(AFrameScheduler,
       compares_a_client_that_owes_an_answer_for_a_second_after_it_drew_last_and_then_rests) {
    answers = false;
    source.unprotected = source.can_rest = source.will_rest = true;
    draw(500ms, 10ms);
    run(10s);
    EXPECT_FALSE(dispatch());
    EXPECT_GE(last_of(compares), 1400ms);
    EXPECT_LE(last_of(compares), 1700ms);
}

TEST_F(AFrameScheduler, compares_everything_of_another_surface_that_owes_an_answer) {
    announce();
    run(100ms);
    source.answer_owed = true;
    scheduler.surface_changed(now);
    run(1s);
    whole.clear();
    announce();
    run(1ms);
    EXPECT_EQ(whole, (std::vector<bool>{true}));
}

TEST_F(AFrameScheduler, asks_first_and_compares_only_what_it_was_told) {
    announce();
    run(1ms);
    EXPECT_EQ(begins, (std::vector<bool>{false})) << "the frame began with the question";
    EXPECT_EQ(whole, (std::vector<bool>{false}));
    announce();
    dispatch();
    now += 50ms;
    last = scheduler.next(source, now);
    EXPECT_TRUE(last.kind == Kind::collect && last.begins);
}

TEST_F(AFrameScheduler, compares_everything_where_stores_are_found_in_no_other_way_and_only_there) {
    source.whole = true;
    announce();
    run(1ms);
    EXPECT_EQ(whole, (std::vector<bool>{true}));
    source.whole = false;
    announce();
    run(100ms);
    EXPECT_FALSE(whole.back());
    whole.clear();
    source.whole = true;
    explicit_client();
    announce();
    run(100ms);
    EXPECT_FALSE(whole.front()) << "there is no client yet that draws";
}

TEST_F(AFrameScheduler, is_comparing_from_when_it_says_so_until_it_is_told_what_was_found) {
    explicit_client();
    announce();
    now += 1ms;
    EXPECT_EQ(scheduler.next(source, now).kind, Kind::compare);
    EXPECT_EQ(scheduler.state(), State::comparing);
    scheduler.compared(true);
    EXPECT_EQ(scheduler.state(), State::presenting);
}

TEST_F(AFrameScheduler, does_not_count_the_time_in_which_it_was_stopped_against_an_answer) {
    answers = false;
    announce();
    run(2ms);
    now += 10s;
    dispatch();
    EXPECT_TRUE(compares.empty());
    EXPECT_EQ(scheduler.state(), State::collecting);
    answer();
    dispatch();
    EXPECT_EQ(compares.size(), 1u);
}

TEST_F(AFrameScheduler, asks_again_once_a_late_answer_has_come) {
    answers = false;
    announce();
    run(100ms);
    answer();
    answers = true;
    run(100ms);
    announce();
    run(100ms);
    EXPECT_EQ(collects.size(), 2u);
    EXPECT_EQ(presents.size(), 2u);
}

TEST_F(AFrameScheduler, rests_once_a_client_that_owed_an_answer_has_answered_again) {
    answers = false;
    announce(false);
    run(60ms);
    ASSERT_TRUE(dispatch()) << "it is compared without an answer";
    answer();
    answers = true;
    announce(false);
    run(100ms);
    EXPECT_EQ(collects.size(), 2u);
    EXPECT_FALSE(dispatch());
}

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
    EXPECT_EQ(FrameScheduler::Action(),
              (FrameScheduler::Action{Kind::rest, Time{}, false, false, false, false, false}));
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

// ---- other surfaces, faults, the end

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

// ---- the recheck; recheck_test says when, this test what becomes of it

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
