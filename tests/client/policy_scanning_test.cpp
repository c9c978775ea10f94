#include "policy_fixture.h"

namespace hvfb {
namespace {

TEST_F(PolicyTest, reports_what_a_scan_finds) {
    scan();
    const Report report = collect({{7, 3}, {900, 1}});
    EXPECT_EQ(actions[0].kind, Kind::scan);
    EXPECT_EQ(actions[0].pages, (Pages{0, pages}));
    ASSERT_EQ(report.pages.runs().size(), 2u);
    EXPECT_EQ(report.pages.runs()[0], (Pages{7, 3}));
    EXPECT_EQ(report.pages.runs()[1], (Pages{900, 1}));
    EXPECT_TRUE(report.unprotected);
}

TEST_F(PolicyTest, leaves_open_what_was_written_and_reports_it_always) {
    scan();
    collect({{33, 1}});
    EXPECT_EQ(actions[0].pages, (Pages{0, pages}));
    for (int i = 0; i < 3; ++i) {
        now += 20 * ms;
        const Report report = collect();
        ASSERT_EQ(count(actions, Kind::scan), 2);
        EXPECT_EQ(actions[0].pages, (Pages{0, 32}));
        EXPECT_EQ(actions[1].pages, (Pages{48, pages - 48}));
        ASSERT_EQ(report.pages.runs().size(), 1u);
        EXPECT_EQ(report.pages.runs()[0], (Pages{32, 16}));
    }
}

TEST_F(PolicyTest, populates_what_it_leaves_open_from_now_on_once_and_behind_the_report) {
    scan();
    const auto conclude = [this](Pages written) {
        policy.collect(now);
        policy.scanned(written);
        actions = list(policy.conclude(now));
        policy.report();
    };
    conclude({33, 1});
    ASSERT_EQ(actions.size(), 2u);
    EXPECT_EQ(actions[0].kind, Kind::report);
    EXPECT_EQ(actions[1].kind, Kind::populate);
    EXPECT_EQ(actions[1].pages, (Pages{32, 16}));
    now += 20 * ms;
    conclude({900, 0});
    EXPECT_EQ(count(actions, Kind::populate), 0);
}

// The thread would wait for itself.
TEST_F(PolicyTest, populates_nothing_where_it_goes_to_rest) {
    scan();
    policy.want(Tracking::automatic, 0, now);
    collect({{33, 1}});
    EXPECT_EQ(collect().state, TrackerState::resting);
    EXPECT_EQ(count(actions, Kind::populate), 0);
}

TEST_F(PolicyTest, leaves_nothing_open_where_comparing_it_once_is_dearer_than_its_faults) {
    prices = {.fault = 10, .compare = 4};
    scan();
    for (int i = 0; i < 5; ++i) {
        collect({{0, 6}, {granule, 6}});
        now += 20 * ms;
    }
    EXPECT_TRUE(collect().pages.runs().empty());
    collect({{0, 7}, {granule, 6}});
    now += 20 * ms;
    EXPECT_EQ(collect().pages.runs()[0], (Pages{0, granule}));
}

TEST_F(PolicyTest, says_when_none_of_what_it_reports_was_found_written) {
    scan();
    EXPECT_FALSE(collect({{33, 1}}).only_open);
    now += 20 * ms;
    EXPECT_TRUE(collect().only_open);
    EXPECT_FALSE(collect({{900, 1}}).only_open);
    Report report;
    do {
        now += 10 * ms;
        report = collect({{33, 1}});
        ASSERT_EQ(report.pages.runs()[0], (Pages{32, 16}));
    } while (report.only_open);
    // Found by the scan that protected it again.
    EXPECT_EQ(actions[0].pages, (Pages{0, 896}));
    EXPECT_EQ(report.state, TrackerState::scanning);
}

TEST_F(PolicyTest, protects_what_has_cost_enough_before_it_reports_it_once_more) {
    scan();
    collect({{33, 1}});
    for (unsigned i = 1; i < comparisons; ++i) {
        now += 20 * ms;
        collect();
        ASSERT_EQ(count(actions, Kind::scan), 2) << i;
    }
    now += 20 * ms;
    const Report report = collect({{33, 1}});
    ASSERT_EQ(count(actions, Kind::scan), 1);
    EXPECT_EQ(actions[0].pages, (Pages{0, pages}));
    EXPECT_EQ(report.pages.runs()[0], (Pages{32, 16}));
    now += ms;
    EXPECT_TRUE(collect().pages.runs().empty());
}

TEST_F(PolicyTest, takes_everything_differed_for_every_page) {
    scan();
    collect({{33, 1}});
    for (unsigned i = 0; i < 3 * comparisons; ++i) {
        now += 20 * ms;
        if (i % 5 == 0) policy.differed({0, 0xffffffff}, now);
        EXPECT_EQ(collect().pages.runs()[0], (Pages{32, 16}));
    }
}

TEST_F(PolicyTest, rests_when_nothing_was_written_for_the_idle_time) {
    scan();
    collect({{33, 1}});
    now += idle - 1;
    EXPECT_EQ(collect().state, TrackerState::scanning);
    now += 1;
    const Report report = collect();
    EXPECT_EQ(report.state, TrackerState::resting);
    EXPECT_TRUE(report.everything);
    EXPECT_FALSE(report.unprotected);
    ASSERT_EQ(actions[actions.size() - 2].kind, Kind::switch_watch);
    EXPECT_EQ(actions[actions.size() - 2].watch, Watch::synchronous);
}

TEST_F(PolicyTest, does_not_rest_while_what_is_left_open_differs) {
    scan();
    collect({{33, 1}});
    for (int i = 0; i < 20; ++i) {
        now += 100 * ms;
        policy.differed({33, 1}, now);
        ASSERT_EQ(collect().state, TrackerState::scanning);
    }
    now += idle;
    EXPECT_EQ(collect().state, TrackerState::resting);
}

TEST_F(PolicyTest, rests_though_nobody_says_what_differed) {
    scan();
    collect({{33, 1}});
    now += idle;
    EXPECT_EQ(collect().state, TrackerState::resting);
}

TEST_F(PolicyTest, joins_runs_where_there_are_more_than_a_message_holds) {
    scan();
    std::vector<Pages> written;
    for (std::uint32_t page = 0; page < pages; page += 4) written.push_back({page, 1});
    const Report report = collect(written);
    EXPECT_EQ(report.pages.runs().size(), 64u);
    for (const Pages& run : written)
        EXPECT_TRUE(std::any_of(report.pages.runs().begin(), report.pages.runs().end(),
                                [&](const Pages& reported) { return reported.contains(run.first); }));
}

}  // namespace
}  // namespace hvfb
