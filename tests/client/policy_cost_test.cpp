// What the policy costs while it scans, beside what it would cost who knew the next store. Time is simulated,
// the stores are the benchmark's.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <memory>
#include <vector>

#include "recording.h"
#include "tracking/constants.h"
#include "tracking/policy.h"
#include "workload.h"

namespace hvfb {
namespace {

namespace bench = hvfbd::bench;

constexpr std::uint32_t width = 1920, height = 1080, page_size = 4096,
                        pages = (width * height * 4 + page_size - 1) / page_size,
                        granule = constants::granule_bytes / page_size;
constexpr Nanoseconds present = 1'000'000'000 / 60, second = 1'000'000'000;
constexpr unsigned presents_until_it_is_said = 3;  // what differed: 50 ms

// The pages of each present.
using Stores = std::vector<std::vector<bool>>;

Stores stores_of(bench::Workload& workload) {
    std::vector<std::uint32_t> pixels(std::size_t{width} * height);
    const bench::Canvas canvas = {pixels.data(), width, height, width};
    workload.prepare(canvas);
    const double rate = workload.frames_a_second();
    const unsigned frames =
        workload.frames_a_round() > 0 ? workload.frames_a_round() : static_cast<unsigned>(4 * rate);
    Stores stores;
    for (unsigned frame = 0; frame < frames;) {
        std::vector<bool>& written = stores.emplace_back(pages);
        for (; frame < frames && frame / rate <= static_cast<double>(stores.size()) / 60; ++frame)
            for (const bench::Box& box : workload.draw(canvas, frame))
                for (int y = box.y; y < box.y + box.height; ++y) {
                    const std::uint32_t first = static_cast<std::uint32_t>(y) * width * 4 +
                                                static_cast<std::uint32_t>(box.x) * 4,
                                        last = first + static_cast<std::uint32_t>(box.width) * 4 - 1;
                    for (std::uint32_t page = first / page_size; page <= last / page_size; ++page)
                        written[page] = true;
                }
    }
    return stores;
}

std::uint32_t count(const std::vector<bool>& set, Pages run) {
    std::uint32_t count = 0;
    for (std::uint32_t page = run.first; page < run.end(); ++page) count += set[page];
    return count;
}

struct Cost {
    Nanoseconds faults = 0, comparisons = 0, reports = 0;
    double milliseconds() const { return static_cast<double>(faults + comparisons + reports) / 1e6; }
};

// At these prices, of a policy that takes them for others. Comparing what a scan found is not counted: who
// knows the future does it as well.
Cost cost_of_policy(const Stores& stores, const Prices& prices, const Prices& taken_for) {
    Policy policy;
    Nanoseconds now = second;
    EXPECT_TRUE(policy.start(pages, page_size, {false, true}, taken_for));
    policy.want(Tracking::automatic, 250 * constants::millisecond, now);
    policy.collect(now);
    policy.conclude(now);
    policy.report();
    std::vector<bool> open(pages), written(pages), differed(pages);
    Cost cost;
    unsigned presents = 0;
    for (const std::vector<bool>& drawn : stores) {
        now += present;
        for (std::uint32_t page = 0; page < pages; ++page) {
            if (!drawn[page]) continue;
            if (!open[page]) cost.faults += prices.fault;
            open[page] = written[page] = differed[page] = true;
        }
        if (++presents % presents_until_it_is_said == 0) {
            for (std::uint32_t page = 0; page < pages; ++page)
                if (differed[page]) policy.differed({page, 1}, now);
            differed.assign(pages, false);
        }
        const auto collected = policy.collect(now);
        const std::vector<Action> scans(collected.begin(), collected.end());
        std::uint32_t found = 0;
        for (const Action& scan : scans)
            for (std::uint32_t page = scan.pages.first; page < scan.pages.end(); ++page) {
                if (!open[page]) continue;
                open[page] = false;
                ++found;
                policy.scanned({page, 1});
            }
        const auto concluded = policy.conclude(now);
        for (const Action& action : concluded)
            if (action.kind == Action::Kind::populate)
                for (std::uint32_t page = action.pages.first; page < action.pages.end(); ++page)
                    open[page] = true;
        std::uint32_t reported = 0;
        const Report report = policy.report();
        for (const Pages& run : report.pages.runs()) reported += run.count;
        cost.comparisons += (reported - std::min(found, reported)) * prices.compare;
        if (report.only_open && reported > 0) cost.reports += prices.report;
    }
    return cost;
}

// Between two presents in which a granule is written it is either left open, or protected: whichever costs
// less.
Cost cost_of_clairvoyance(const Stores& stores, const Prices& prices) {
    Cost cost;
    for (std::uint32_t first = 0; first < pages; first += granule) {
        const Pages run = {first, std::min(granule, pages - first)};
        unsigned since = 0;
        for (unsigned at = 1; at <= stores.size(); ++at) {
            const std::uint32_t written = count(stores[at - 1], run);
            if (written == 0) continue;
            const Nanoseconds faults = written * prices.fault,
                              comparisons = Nanoseconds{at - since} * run.count * prices.compare;
            if (since == 0 || faults <= comparisons)
                cost.faults += faults;
            else
                cost.comparisons += comparisons;
            since = at;
        }
    }
    return cost;
}

std::vector<std::unique_ptr<bench::Workload>> workloads() {
    std::vector<std::unique_ptr<bench::Workload>> workloads;
    workloads.push_back(bench::recording("terminal", RECORDINGS "/terminal.rec"));
    workloads.push_back(bench::recording("desktop", RECORDINGS "/desktop.rec"));
    workloads.push_back(bench::window());
    workloads.push_back(bench::typing());
    return workloads;
}

TEST(PolicyCost, of_recorded_programs_is_below_two_and_a_fifth_of_what_it_would_be_for_who_knew_the_future) {
    std::printf("%-10s %8s %12s %12s %6s\n", "", "fault us", "policy ms", "optimum ms", "ratio");
    for (const auto& workload : workloads()) {
        const Stores stores = stores_of(*workload);
        for (const Nanoseconds fault : {1000u, 4000u, 17000u}) {
            const Prices prices = {.fault = fault, .compare = 300};
            const double policy = cost_of_policy(stores, prices, prices).milliseconds();
            const double optimum = cost_of_clairvoyance(stores, prices).milliseconds();
            std::printf("%-10s %8.1f %12.2f %12.2f %6.2f\n", workload->name(),
                        static_cast<double>(fault) / 1e3, policy, optimum, policy / optimum);
            if (workload->frames_a_round() > 0) {
                EXPECT_LT(policy, 2.2 * optimum) << workload->name() << " " << fault;
            }
        }
    }
}

TEST(PolicyCost, is_lower_where_it_is_known_that_a_report_costs_something) {
    std::printf("%-10s %8s %12s %12s %6s\n", "", "fault us", "known ms", "unknown ms", "ratio");
    for (const auto& workload : workloads()) {
        const Stores stores = stores_of(*workload);
        for (const Nanoseconds fault : {1000u, 4000u, 17000u}) {
            const Prices prices = {.fault = fault, .compare = 300, .report = 100'000},
                         without = {.fault = fault, .compare = 300};
            const double known = cost_of_policy(stores, prices, prices).milliseconds();
            const double unknown = cost_of_policy(stores, prices, without).milliseconds();
            std::printf("%-10s %8.1f %12.2f %12.2f %6.2f\n", workload->name(),
                        static_cast<double>(fault) / 1e3, known, unknown, known / unknown);
            EXPECT_LT(known, 1.05 * unknown) << workload->name() << " " << fault;
        }
    }
}

}  // namespace
}  // namespace hvfb
