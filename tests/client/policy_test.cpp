#include "policy_fixture.h"

namespace hvfb {
namespace {

TEST_F(PolicyTest, is_off_until_the_daemon_wants_it) {
    ASSERT_TRUE(policy.start(pages, page_size, full));
    EXPECT_EQ(policy.state(), TrackerState::off);
    EXPECT_EQ(policy.watch(), Watch::none);
    const Report report = collect();
    EXPECT_TRUE(report.everything);
    EXPECT_EQ(report.faults, 0u);
}

TEST_F(PolicyTest, protects_then_announces_then_reports_everything_when_it_begins) {
    const Actions first = begin(full);
    ASSERT_EQ(first.size(), 2u);
    EXPECT_EQ(first[0].kind, Kind::switch_watch);
    EXPECT_EQ(first[0].watch, Watch::synchronous);
    EXPECT_EQ(first[1].kind, Kind::announce);
    EXPECT_EQ(first[1].pages.count, 0u);
    const Report report = collect();
    EXPECT_TRUE(report.everything);
    EXPECT_FALSE(report.unprotected);
    EXPECT_EQ(report.state, TrackerState::resting);
    EXPECT_FALSE(collect().everything);
}

TEST_F(PolicyTest, does_nothing_when_the_daemon_wants_what_there_is) {
    rest();
    EXPECT_TRUE(policy.want(Tracking::automatic, 7 * ms, now).empty());
}

TEST_F(PolicyTest, goes_off_and_on_again_without_losing_anything) {
    rest();
    const Actions off = list(policy.want(Tracking::off, idle, now));
    ASSERT_EQ(off.size(), 2u);
    EXPECT_EQ(off[0].watch, Watch::none);
    EXPECT_EQ(off[1].kind, Kind::populate) << "or each page would take a fault once more";
    EXPECT_EQ(off[1].pages, (Pages{0, pages}));
    EXPECT_EQ(count(list(policy.want(Tracking::automatic, idle, now)), Kind::announce), 1);
    EXPECT_TRUE(collect().everything);
}

TEST_F(PolicyTest, opens_pages_around_a_fault_and_announces_the_first_one_only) {
    rest();
    const Actions first = fault(500);
    ASSERT_EQ(first.size(), 2u);
    // Announced before the store may land.
    EXPECT_EQ(first[0].kind, Kind::announce);
    EXPECT_EQ(first[0].pages, (Pages{496, 64}));
    EXPECT_EQ(first[1].kind, Kind::unprotect);
    EXPECT_EQ(first[1].pages, (Pages{496, 64}));
    EXPECT_EQ(fault(1000).size(), 1u);
}

TEST_F(PolicyTest, opens_no_page_before_the_first_or_after_the_last) {
    rest();
    EXPECT_EQ(fault(1)[0].pages, (Pages{0, 61}));
    EXPECT_EQ(fault(pages - 1)[0].pages.end(), pages);
    EXPECT_LE(fault(0xffffffff)[0].pages.end(), pages);
}

TEST_F(PolicyTest, opens_more_at_the_second_fault_and_everything_at_the_fourth) {
    rest();
    EXPECT_EQ(fault(100)[0].pages, (Pages{96, 64}));
    EXPECT_EQ(fault(400)[0].pages, (Pages{392, 128}));
    EXPECT_EQ(fault(800)[0].pages, (Pages{784, 256}));
    EXPECT_EQ(fault(1500)[0].pages, (Pages{0, pages}));
    now += ms;
    const Report report = collect();
    ASSERT_EQ(report.pages.runs().size(), 1u);
    EXPECT_EQ(report.pages.runs()[0], (Pages{0, pages}));
    EXPECT_EQ(report.state, TrackerState::resting);
    // The count starts again.
    EXPECT_EQ(fault(100)[0].pages, (Pages{96, 64}));
}

TEST_F(PolicyTest, wakes_who_waits_for_a_page_that_is_open_already) {
    rest();
    fault(500);
    const Actions second = fault(510);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].kind, Kind::unprotect);
    EXPECT_EQ(second[0].pages, (Pages{510, 1}));
}

TEST_F(PolicyTest, protects_what_was_opened_before_it_reports_it) {
    rest();
    fault(500);
    now += ms;
    const Report report = collect();
    ASSERT_EQ(actions.size(), 2u);
    EXPECT_EQ(actions[0].kind, Kind::protect);
    EXPECT_EQ(actions[0].pages, (Pages{496, 64}));
    ASSERT_EQ(report.pages.runs().size(), 1u);
    EXPECT_EQ(report.pages.runs()[0], (Pages{496, 64}));
    EXPECT_FALSE(report.unprotected);
    EXPECT_TRUE(collect().pages.runs().empty());
}

TEST_F(PolicyTest, leaves_open_what_was_opened_just_now_until_the_next_collection) {
    rest();
    fault(500);
    now += constants::landing_time - 1;
    Report report = collect();
    EXPECT_EQ(count(actions, Kind::protect), 0);
    EXPECT_TRUE(report.unprotected);
    EXPECT_EQ(report.pages.runs().size(), 1u);
    now += ms;
    report = collect();
    EXPECT_EQ(count(actions, Kind::protect), 1);
    EXPECT_FALSE(report.unprotected);
    EXPECT_EQ(report.pages.runs().size(), 1u);
}

TEST_F(PolicyTest, sees_whether_a_burst_goes_on_by_protecting_what_is_open_and_reports_all_of_it_then) {
    rest();
    fault(100);
    EXPECT_FALSE(policy.in_burst()) << "a small change";
    fault(400);
    EXPECT_TRUE(policy.in_burst());
    now += ms;
    for (int i = 0; i < 2; ++i) {
        const Actions watched = list(policy.watch_burst(now));
        ASSERT_EQ(count(watched, Kind::protect), static_cast<int>(watched.size()));
        EXPECT_EQ(watched.size(), i == 0 ? 2u : 1u);
        EXPECT_FALSE(policy.in_burst()) << "unless there comes one more store";
        const Actions more = fault(1500);
        EXPECT_EQ(count(more, Kind::announce), 0);
        EXPECT_TRUE(policy.in_burst());
        now += ms;
    }
    list(policy.watch_burst(now));
    const Report report = collect();
    EXPECT_FALSE(report.unprotected);
    for (const std::uint32_t page : {100u, 400u, 1500u})
        EXPECT_TRUE(std::any_of(report.pages.runs().begin(), report.pages.runs().end(),
                                [&](const Pages& run) { return run.contains(page); }));
    EXPECT_FALSE(policy.in_burst());
    EXPECT_TRUE(collect().empty());
}

TEST_F(PolicyTest, sees_no_burst_in_what_it_finds_by_scans_or_comparisons) {
    for (const Capabilities capabilities : {full, no_scan}) {
        begin(capabilities);
        for (unsigned i = 0; policy.state() == TrackerState::resting; ++i) {
            ASSERT_LT(i, 20u);
            fault(100);
            fault(1000);
            now += ms;
            collect();
        }
        EXPECT_FALSE(policy.in_burst());
        EXPECT_TRUE(policy.watch_burst(now).empty());
    }
}

TEST_F(PolicyTest, sees_no_burst_in_stores_of_before_it_was_switched) {
    for (const Tracking tracking : {Tracking::off, Tracking::scan, Tracking::compare}) {
        rest();
        fault(100);
        fault(1000);
        EXPECT_TRUE(policy.in_burst());
        policy.want(tracking, idle, now);
        EXPECT_FALSE(policy.in_burst());
    }
}

TEST_F(PolicyTest, scans_once_faults_have_become_too_many) {
    rest();
    for (unsigned i = 0; i < constants::bucket_size; ++i) {
        EXPECT_EQ(fault(500)[0].pages.count, 64u);
        now += ms;
        EXPECT_EQ(collect().state, TrackerState::resting);
    }
    EXPECT_EQ(fault(500)[0].pages, (Pages{0, pages}));
    const Report report = collect();
    ASSERT_EQ(actions.size(), 2u);
    EXPECT_EQ(actions[0].kind, Kind::switch_watch);
    EXPECT_EQ(actions[0].watch, Watch::asynchronous);
    EXPECT_TRUE(report.everything);
    EXPECT_TRUE(report.unprotected);
    EXPECT_EQ(report.state, TrackerState::scanning);
}

TEST_F(PolicyTest, scans_sooner_where_everything_had_to_be_opened) {
    rest();
    unsigned frames = 0;
    while (policy.state() == TrackerState::resting) {
        ASSERT_LT(++frames, constants::bucket_size);
        for (std::uint32_t page : {100u, 400u, 800u, 1500u}) fault(page);
        now += 2 * ms;
        collect();
    }
    EXPECT_EQ(policy.state(), TrackerState::scanning);
}

TEST_F(PolicyTest, rests_for_ever_with_faults_as_rare_as_the_bucket_is_refilled) {
    rest();
    for (int i = 0; i < 100; ++i) {
        fault(500);
        now += 101 * ms;
        ASSERT_EQ(collect().state, TrackerState::resting) << i;
    }
}

TEST_F(PolicyTest, compares_where_it_cannot_scan_and_rests_when_nothing_differs) {
    begin(no_scan);
    collect();
    for (unsigned i = 0; i <= constants::bucket_size; ++i) {
        fault(500);
        now += ms;
        collect();
    }
    EXPECT_EQ(policy.state(), TrackerState::comparing);
    EXPECT_EQ(actions.size(), 1u);  // all is open already
    for (int i = 0; i < 10; ++i) {
        now += 100 * ms;
        policy.differed({3, 1}, now);
        const Report report = collect();
        EXPECT_EQ(report.state, TrackerState::comparing);
        EXPECT_TRUE(report.everything && report.unprotected);
    }
    now += idle;
    const Report report = collect();
    EXPECT_EQ(report.state, TrackerState::resting);
    EXPECT_TRUE(report.everything);
    EXPECT_FALSE(report.unprotected);
    ASSERT_EQ(actions.size(), 2u);
    EXPECT_EQ(actions[0].kind, Kind::protect);
    EXPECT_EQ(actions[0].pages, (Pages{0, pages}));
}

TEST_F(PolicyTest, scans_for_ever_where_it_cannot_announce) {
    begin(no_announce);
    EXPECT_EQ(policy.state(), TrackerState::scanning);
    now += 100'000 * ms;
    collect();
    now += 100'000 * ms;
    const Report report = collect();
    EXPECT_EQ(report.state, TrackerState::scanning);
    EXPECT_TRUE(report.unprotected);
    EXPECT_FALSE(report.everything);
}

TEST_F(PolicyTest, protects_nothing_where_it_can_do_nothing) {
    const Actions first = begin(nothing);
    ASSERT_EQ(first.size(), 1u);
    EXPECT_EQ(first[0].kind, Kind::announce);
    for (int i = 0; i < 2; ++i) {
        const Report report = collect();
        EXPECT_EQ(actions.size(), 1u);
        EXPECT_TRUE(report.everything && report.unprotected);
        EXPECT_EQ(report.state, TrackerState::polled);
    }
}

TEST_F(PolicyTest, never_scans_when_pinned_to_faults) {
    begin(full, Tracking::fault);
    collect();
    for (unsigned i = 0; i < 3 * constants::bucket_size; ++i) {
        EXPECT_EQ(fault(500)[0].pages.count, 64u);
        now += ms;
        EXPECT_EQ(collect().state, TrackerState::resting);
    }
}

TEST_F(PolicyTest, never_rests_when_pinned_to_scans) {
    begin(full, Tracking::scan);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(collect().state, TrackerState::scanning);
        now += 1'000 * ms;
    }
}

TEST_F(PolicyTest, protects_nothing_when_pinned_to_comparisons) {
    const Actions first = begin(full, Tracking::compare);
    EXPECT_EQ(policy.watch(), Watch::none);
    ASSERT_EQ(count(first, Kind::populate), 1);
    EXPECT_EQ(first[0].pages, (Pages{0, pages}));
    const Report report = collect();
    EXPECT_TRUE(report.everything && report.unprotected);
    EXPECT_EQ(report.state, TrackerState::comparing);
}

TEST_F(PolicyTest, polls_when_pinned_to_what_it_cannot_do) {
    begin(no_announce, Tracking::fault);
    EXPECT_EQ(policy.state(), TrackerState::polled);
    begin(no_scan, Tracking::scan);
    EXPECT_EQ(policy.state(), TrackerState::polled);
}

TEST_F(PolicyTest, reports_everything_on_the_way_from_any_way_of_tracking_to_any_other) {
    for (const Capabilities capabilities : {full, no_scan, no_announce, nothing})
        for (std::uint32_t from = 1; from < 5; ++from)
            for (std::uint32_t to = 1; to < 5; ++to) {
                if (from == to) continue;
                begin(capabilities, static_cast<Tracking>(from));
                collect();
                EXPECT_EQ(count(list(policy.want(static_cast<Tracking>(to), idle, now)), Kind::announce), 1);
                EXPECT_TRUE(collect().everything) << from << to;
            }
}

TEST_F(PolicyTest, polls_from_the_moment_the_kernel_fails) {
    rest();
    const Actions lost = list(policy.lose());
    ASSERT_EQ(lost.size(), 1u);
    EXPECT_EQ(lost[0].kind, Kind::announce);
    for (int i = 0; i < 2; ++i) {
        const Report report = collect();
        EXPECT_TRUE(report.everything && report.unprotected);
        EXPECT_EQ(report.state, TrackerState::polled);
    }
    policy.want(Tracking::off, idle, now);
    policy.want(Tracking::automatic, idle, now);
    EXPECT_EQ(policy.state(), TrackerState::polled);
    EXPECT_EQ(policy.watch(), Watch::none);
}

}  // namespace
}  // namespace hvfb
