// What holds whatever the policy decides by: what is open is known, each action comes once, nothing of before
// is kept.
#include <sstream>

#include "policy_fixture.h"

namespace hvfb {
namespace {

std::string words(const std::vector<Action>& actions) {
    std::ostringstream out;
    for (const Action& action : actions)
        out << static_cast<int>(action.kind) << ":" << action.pages.first << "+" << action.pages.count << ":"
            << static_cast<int>(action.watch) << " ";
    return out.str();
}

std::string words(const Report& report) {
    std::ostringstream out;
    out << report.everything << report.unprotected << report.only_open << static_cast<int>(report.state)
        << "/" << report.faults;
    for (const Pages& run : report.pages.runs()) out << " " << run.first << "+" << run.count;
    return out.str() + "\n";
}

// What it does from its start to where it scans, and has pages that are hot.
struct PolicyBookkeeping : PolicyTest {
    std::string life() {
        std::string said = std::to_string(static_cast<int>(policy.state())) + words(collect());
        said += words(list(policy.want(Tracking::automatic, idle, now)));
        for (int i = 0; i < 30; ++i) {
            now += 2 * ms;
            said += words(fault(static_cast<std::uint32_t>(100 + 70 * (i % 4))));
            if (i % 2 == 0) continue;
            said += words(collect({{33, 1}, {500, 1}}));
            said += words(actions);
        }
        return said;
    }
};

TEST_F(PolicyBookkeeping, begins_again_as_one_that_is_new_does) {
    ASSERT_TRUE(policy.start(pages, page_size, full, prices));
    const std::string first = life();
    EXPECT_EQ(policy.state(), TrackerState::scanning);
    fault(1);
    ASSERT_TRUE(policy.start(pages, page_size, full, prices));
    EXPECT_EQ(policy.watch(), Watch::none);
    EXPECT_EQ(life(), first);
    // The same for one that was left with something announced, opened, and counted.
    rest();
    for (std::uint32_t page : {1u, 400u, 900u}) fault(page);
    ASSERT_TRUE(policy.start(pages, page_size, full, prices));
    EXPECT_EQ(life(), first);
}

TEST_F(PolicyBookkeeping, begins_again_with_nothing_opened) {
    for (int i = 0; i < 2; ++i) {
        begin(full);
        unsigned frames = 0;
        for (; policy.state() == TrackerState::resting; ++frames) {
            for (std::uint32_t page : {100u, 400u, 800u, 1500u}) fault(page);
            now += constants::landing_time;
            collect();
        }
        EXPECT_EQ(frames, constants::bucket_size / (1 + constants::tokens_of_everything) + 1);
        // Left with everything opened, which was not reported.
        rest();
        for (std::uint32_t page : {100u, 400u, 800u, 1500u}) fault(page);
    }
}

TEST_F(PolicyBookkeeping, announces_no_store_while_the_daemon_knows_that_it_is_to_collect) {
    begin(full);
    EXPECT_EQ(count(fault(100), Kind::announce), 0);
    collect();
    EXPECT_EQ(count(fault(900), Kind::announce), 1);
    EXPECT_EQ(count(fault(1500), Kind::announce), 0);
}

TEST_F(PolicyBookkeeping, wakes_who_waits_for_a_page_of_the_buffer_and_opens_nothing_more_unless_it_rests) {
    scan();
    for (int i = 0; i < 2; ++i) {
        for (const auto& [page, last] :
             {std::pair{500u, 500u}, {pages - 1, pages - 1}, {0xffffffffu, pages - 1}})
            EXPECT_EQ(words(fault(page)), words({{.kind = Kind::unprotect, .pages = {last, 1}}}));
        now += ms;
        const Report report = collect();
        EXPECT_EQ(report.faults, 0u);
        EXPECT_EQ(count(actions, Kind::protect), 0);
        policy.want(Tracking::off, idle, now);
    }
}

TEST_F(PolicyBookkeeping, opens_the_last_pages_for_one_that_lies_behind_the_buffer) {
    rest();
    EXPECT_EQ(fault(0xffffffff)[0].pages, (Pages{pages - 5, 5}));
}

TEST_F(PolicyBookkeeping, reports_what_is_open_each_time_and_protects_it_once_however_soon_it_is_asked) {
    begin(full, Tracking::fault);
    collect();
    // No time goes by, so that nothing is protected again.
    std::vector<Pages> opened;
    for (std::uint32_t page = 10; opened.empty() || opened.back().count < pages; page += 100) {
        ASSERT_LT(page, pages);
        opened.push_back(fault(page).back().pages);
        const Report report = collect();
        EXPECT_EQ(count(actions, Kind::protect), 0);
        EXPECT_TRUE(report.unprotected);
        for (const Pages& run : opened)
            EXPECT_TRUE(std::any_of(report.pages.runs().begin(), report.pages.runs().end(),
                                    [&](const Pages& open) { return open.contains(run.first); }));
    }
    now += constants::landing_time;
    EXPECT_FALSE(collect().unprotected);
    ASSERT_EQ(actions.size(), 2u);
    EXPECT_EQ(actions[0].kind, Kind::protect);
    EXPECT_EQ(actions[0].pages, (Pages{0, pages}));
}

TEST_F(PolicyBookkeeping, never_leaves_faults_when_pinned_to_them_though_everything_is_opened_each_time) {
    begin(full, Tracking::fault);
    collect();
    for (unsigned i = 0; i < 3 * constants::bucket_size; ++i) {
        for (std::uint32_t page : {100u, 400u, 800u, 1500u}) fault(page);
        now += ms;
        ASSERT_EQ(collect().state, TrackerState::resting) << i;
    }
}

TEST_F(PolicyBookkeeping, counts_the_faults_of_a_frame_as_one) {
    rest();
    for (unsigned i = 0; i < constants::bucket_size; ++i) {
        for (std::uint32_t page : {100u, 800u, 1500u}) fault(page);
        now += ms;
        const Report report = collect();
        EXPECT_EQ(report.faults, 3u);
        ASSERT_EQ(report.state, TrackerState::resting) << i;
    }
}

TEST_F(PolicyBookkeeping, counts_a_frame_that_opened_everything_as_several) {
    rest();
    unsigned rested = 0;
    for (;; ++rested) {
        for (std::uint32_t page : {100u, 400u, 800u, 1500u}) fault(page);
        const bool burst = policy.in_burst();
        now += constants::landing_time;
        const bool rests = collect().state == TrackerState::resting;
        EXPECT_EQ(burst, rests) << "one that is found by scans from now on is not waited for";
        if (!rests) break;
    }
    EXPECT_EQ(rested, constants::bucket_size / (1 + constants::tokens_of_everything));
}

TEST_F(PolicyBookkeeping, counts_a_burst_that_opened_everything_again_and_again_once) {
    rest();
    unsigned rested = 0;
    for (;; ++rested) {
        for (int i = 0; i < 5; ++i) {
            for (std::uint32_t page : {100u, 400u, 800u, 1500u}) fault(page);
            now += constants::landing_time;
            policy.watch_burst(now);
        }
        if (collect().state != TrackerState::resting) break;
    }
    EXPECT_EQ(rested, constants::bucket_size / (1 + constants::tokens_of_everything));
}

TEST_F(PolicyBookkeeping, protects_what_was_opened_once_its_store_had_the_time_to_land) {
    rest();
    fault(500);
    now += constants::landing_time - 1;
    EXPECT_TRUE(collect().unprotected);
    now += 1;
    EXPECT_FALSE(collect().unprotected);
    EXPECT_EQ(count(actions, Kind::protect), 1);
}

TEST_F(PolicyBookkeeping, stays_at_rest_once_it_has_come_to_rest) {
    for (const Capabilities capabilities : {full, no_scan}) {
        begin(capabilities);
        for (unsigned i = 0; policy.state() == TrackerState::resting; ++i) {
            ASSERT_LT(i, 20u);
            fault(100);
            now += ms;
            collect();
        }
        now += idle;
        EXPECT_EQ(collect().state, TrackerState::resting);
        for (int i = 0; i < 3; ++i) {
            now += 10 * ms;
            const Report report = collect();
            EXPECT_EQ(report.state, TrackerState::resting);
            EXPECT_TRUE(report.empty());
            EXPECT_EQ(actions.size(), 1u) << "nothing but the report";
        }
    }
}

TEST_F(PolicyBookkeeping, scans_before_it_rests_again_however_short_the_idle_time_is) {
    begin(full);
    policy.want(Tracking::automatic, 0, now);
    collect();
    Report report;
    for (unsigned i = 0; report.state != TrackerState::scanning; ++i) {
        ASSERT_LT(i, 20u);
        fault(100);
        now += ms;
        report = collect();
    }
    EXPECT_TRUE(report.everything);
    EXPECT_FALSE(report.only_open);
    now += ms;
    EXPECT_EQ(collect().state, TrackerState::resting);
}

TEST_F(PolicyBookkeeping, does_not_take_for_activity_that_nothing_differed) {
    scan();
    collect({{33, 1}});
    now += idle;
    policy.differed({33, 0}, now);
    EXPECT_EQ(collect().state, TrackerState::resting);
}

TEST_F(PolicyBookkeeping, scans_all_that_is_not_left_open_and_reports_what_it_protects_again) {
    prices = {.fault = granule, .compare = 1};  // one comparison for each page that was written
    scan();
    // The first granule, and the last one, which is not whole.
    for (int i = 0; i < 2; ++i) collect({{0, 1}, {pages - 1, 1}});
    now += 20 * ms;
    const std::uint32_t last = (pages - 1) / granule * granule;
    Report report = collect();
    ASSERT_EQ(actions.size(), 2u);
    EXPECT_EQ(actions[0].pages, (Pages{granule, last - granule}));
    EXPECT_EQ(
        words(report),
        words(Report{
            .unprotected = true, .only_open = true, .state = TrackerState::scanning, .pages = report.pages}));
    ASSERT_EQ(report.pages.runs().size(), 2u);
    EXPECT_EQ(report.pages.runs()[0], (Pages{0, granule}));
    EXPECT_EQ(report.pages.runs()[1], (Pages{last, pages - last}));
    now += constants::compared_within;
    policy.differed({pages - 1, 1}, now);
    report = collect();
    ASSERT_EQ(actions.size(), 2u);
    EXPECT_EQ(actions[0].pages, (Pages{0, last}));
    EXPECT_EQ(report.pages.runs().size(), 2u);
    EXPECT_FALSE(report.only_open) << "the first of them was protected";
}

// Where the most actions are to be given.
TEST_F(PolicyBookkeeping, scans_between_all_that_is_left_open_in_every_second_place) {
    for (const std::uint32_t granules : {1u, 2u, 3u, 127u, 1001u}) {
        const std::uint32_t size = granules * granule;
        ASSERT_TRUE(policy.start(size, page_size, no_announce, prices));
        policy.want(Tracking::automatic, idle, now);
        collect();
        std::vector<Pages> written;
        for (std::uint32_t i = 1; i < granules; i += 2) written.push_back({i * granule, 1});
        for (int i = 0; i < 2; ++i) collect(written);
        const Report report = collect();
        EXPECT_EQ(count(actions, Kind::scan), static_cast<int>((granules + 1) / 2));
        for (const Pages& run : written)
            EXPECT_TRUE(std::any_of(report.pages.runs().begin(), report.pages.runs().end(),
                                    [&](const Pages& open) { return open.contains(run.first); }));
    }
}

TEST_F(PolicyBookkeeping, rests_from_the_moment_the_kernel_can_announce_and_reports_everything) {
    for (const Capabilities before : {nothing, no_announce}) {
        begin(before);
        collect();
        const Actions gained = list(policy.gain(full, prices, now));
        ASSERT_EQ(gained.size(), 2u);
        EXPECT_EQ(gained[0].kind, Kind::switch_watch);
        EXPECT_EQ(gained[0].watch, Watch::synchronous);
        EXPECT_EQ(gained[1].kind, Kind::announce);
        const Report report = collect();
        EXPECT_TRUE(report.everything);
        EXPECT_EQ(report.state, TrackerState::resting);
    }
}

TEST_F(PolicyBookkeeping, goes_by_the_prices_that_came_with_what_the_kernel_can_do_now) {
    prices = {.fault = 1, .compare = 1000};
    begin(no_announce, Tracking::scan);
    const auto left_open = [this] {
        collect();
        collect({{33, 1}});
        now += 20 * ms;
        return collect().pages.runs().size();
    };
    EXPECT_EQ(left_open(), 0u);
    policy.gain(full, prices_of_comparisons, now);
    EXPECT_EQ(left_open(), 1u);
}

TEST_F(PolicyBookkeeping, stays_off_while_it_is_not_wanted_whatever_the_kernel_can_do) {
    ASSERT_TRUE(policy.start(pages, page_size, nothing));
    EXPECT_TRUE(policy.gain(full, prices, now).empty());
    EXPECT_EQ(policy.state(), TrackerState::off);
    EXPECT_TRUE(policy.forgo_announcements(now).empty());
    EXPECT_EQ(policy.state(), TrackerState::off);
    policy.want(Tracking::automatic, idle, now);
    EXPECT_EQ(policy.state(), TrackerState::scanning) << "and knows later what it was told";
}

TEST_F(PolicyBookkeeping, lets_no_store_wait_once_that_is_forgone_and_reports_everything) {
    for (const auto& [capabilities, state, watch] :
         {std::tuple{full, TrackerState::scanning, Watch::asynchronous},
          std::tuple{no_scan, TrackerState::polled, Watch::none}}) {
        begin(capabilities);
        collect();
        fault(500);
        const Actions forgone = list(policy.forgo_announcements(now));
        ASSERT_EQ(forgone.size(), 2u);
        EXPECT_EQ(forgone[0].kind, Kind::switch_watch);
        EXPECT_EQ(forgone[0].watch, watch);
        EXPECT_EQ(forgone[1].kind, Kind::announce);
        const Report report = collect();
        EXPECT_TRUE(report.everything && report.unprotected);
        EXPECT_EQ(report.state, state);
        now += 10 * idle;
        EXPECT_EQ(collect().state, state) << "for ever";
    }
}

}  // namespace
}  // namespace hvfb
