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

TEST_F(PolicyTest, leaves_open_what_was_written_twice_in_a_short_time_and_reports_it_always) {
    scan();
    collect({{33, 1}});
    now += 300 * ms;
    collect({{33, 1}});
    now += 20 * ms;
    const Report report = collect();
    ASSERT_EQ(count(actions, Kind::scan), 2);
    EXPECT_EQ(actions[0].pages, (Pages{0, 32}));
    EXPECT_EQ(actions[1].pages, (Pages{48, pages - 48}));
    ASSERT_EQ(report.pages.runs().size(), 1u);
    EXPECT_EQ(report.pages.runs()[0], (Pages{32, 16}));
}

TEST_F(PolicyTest, leaves_nothing_open_that_was_written_twice_with_a_long_pause_between) {
    scan();
    collect({{33, 1}});
    now += 301 * ms;
    collect({{33, 1}});
    collect();
    EXPECT_EQ(actions[0].pages, (Pages{0, pages}));
}

TEST_F(PolicyTest, leaves_nothing_open_where_a_fault_for_each_page_is_cheaper) {
    hot_from = constants::hot_from_most;
    scan();
    for (int i = 0; i < 5; ++i) {
        collect({{0, 500}});
        now += 20 * ms;
    }
    EXPECT_TRUE(collect().pages.runs().empty());
    for (int i = 0; i < 2; ++i) {
        collect({{0, 512}});
        now += 20 * ms;
    }
    EXPECT_EQ(collect().pages.runs()[0], (Pages{0, 512}));
}

TEST_F(PolicyTest, says_when_none_of_what_it_reports_was_found_written) {
    scan();
    EXPECT_FALSE(collect({{33, 1}}).only_open);
    now += 20 * ms;
    EXPECT_FALSE(collect({{33, 1}}).only_open);
    now += 20 * ms;
    EXPECT_TRUE(collect().only_open);
    EXPECT_FALSE(collect({{900, 1}}).only_open);
    // Found by the scan that protects it again. Something else keeps it from rest.
    now += 200 * ms;
    collect({{1500, 1}});
    now += 50 * ms;
    const Report cooled = collect({{33, 1}});
    EXPECT_FALSE(cooled.only_open);
    EXPECT_EQ(cooled.pages.runs()[0], (Pages{32, 16}));
}

TEST_F(PolicyTest, leaves_a_whole_block_open_where_many_of_its_pages_are_written) {
    scan();
    for (int i = 0; i < 2; ++i) {
        collect({{64, 4}, {100, 4}});
        now += 20 * ms;
    }
    EXPECT_EQ(collect().pages.runs()[0], (Pages{64, 64}));
}

TEST_F(PolicyTest, protects_what_did_not_differ_for_long_before_it_reports_it_once_more) {
    scan();
    collect({{33, 1}});
    now += 20 * ms;
    collect({{33, 1}});
    now += 200 * ms;
    policy.differed({33, 1}, now);
    collect();
    now += 249 * ms;
    collect({{1000, 1}});
    EXPECT_EQ(count(actions, Kind::scan), 2);
    now += ms;
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
    now += 20 * ms;
    collect({{33, 1}});
    now += 260 * ms;
    policy.differed({0, 0xffffffff}, now);
    EXPECT_EQ(collect().pages.runs()[0], (Pages{32, 16}));
    EXPECT_EQ(count(actions, Kind::scan), 2);
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
    now += 20 * ms;
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
    now += 20 * ms;
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
