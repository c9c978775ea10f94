#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tracking/constants.h"
#include "tracking/policy.h"

namespace hvfb {

using Kind = Action::Kind;
inline constexpr Nanoseconds ms = constants::millisecond, idle = 250 * ms;
inline constexpr std::uint32_t pages = 2026, page_size = 4096;
// Of the constants, in those pages.
inline constexpr std::uint32_t granule = constants::granule_bytes / page_size;
// One page that was written pays for so many comparisons of its granule.
inline constexpr unsigned comparisons = 10;
inline constexpr Prices prices_of_comparisons = {.fault = comparisons * granule, .compare = 1};
inline constexpr Capabilities full = {true, true}, no_scan = {true, false}, no_announce = {false, true},
                              nothing = {};

// A policy, and a clock that the test moves on.
struct PolicyTest : testing::Test {
    Policy policy;
    Nanoseconds now = 5'000 * ms;
    Prices prices = prices_of_comparisons;
    using Actions = std::vector<Action>;

    static Actions list(std::span<const Action> actions) { return {actions.begin(), actions.end()}; }
    static int count(const Actions& actions, Kind kind) {
        return static_cast<int>(std::count_if(actions.begin(), actions.end(),
                                              [kind](const Action& action) { return action.kind == kind; }));
    }
    Actions begin(Capabilities capabilities, Tracking tracking = Tracking::automatic) {
        EXPECT_TRUE(policy.start(pages, page_size, capabilities, prices));
        return list(policy.want(tracking, idle, now));
    }
    Actions fault(std::uint32_t page) { return list(policy.fault(page, now)); }
    // Collects; `written` is what a scan finds.
    Report collect(std::vector<Pages> written = {}) {
        actions = list(policy.collect(now));
        for (const Action& action : actions)
            for (const Pages& run : written)
                if (action.kind == Kind::scan && action.pages.contains(run.first)) policy.scanned(run);
        for (const Action& action : policy.conclude(now)) actions.push_back(action);
        EXPECT_EQ(count(actions, Kind::report), 1);
        return policy.report();
    }
    Actions actions;  // of the last collect
    // Resting, and everything owed has been reported.
    void rest() {
        begin(full);
        collect();
        now += 1'000 * ms;
    }
    // Scanning likewise, from a program that stored often.
    void scan() {
        rest();
        for (unsigned i = 0; policy.state() == TrackerState::resting; ++i) {
            ASSERT_LT(i, 20u);
            fault(100);
            now += 2 * ms;
            collect();
        }
        now += 10 * ms;
    }
};

}  // namespace hvfb
