#pragma once

#include <string>
#include <utility>
#include <vector>

#include "latency.h"
#include "match.h"
#include "reference.h"
#include "tracked.h"
#include "verdict.h"

namespace hvfbd::bench {

// The samples of one workload and one limit.
struct Match {
    std::string workload;
    unsigned limit = 0;
    Sample tracked, reference, floor;
    struct Other {
        std::string name;
        Sample sample;
    };
    std::vector<Other> others;  // competitors, where they play

    std::vector<std::pair<std::string, const Sample*>> samples() const;
};
using Matches = std::vector<Match>;

// Rows that are read off the matches: 2, 3, 5, 6, 7, 8. `tall`: of 3840x2160, may be empty; row 9.
std::vector<Verdict> judge(const Matches& matches, const Matches& tall);

// Rows with measurements of their own, on hvfbd. Each leaves the daemon as it was, the last one apart.
std::vector<Verdict> rest(Tracked& tracked, double seconds);  // 1
// 4: without SettleDelay, beside `reference` without its interval. Spoils the latter for anything else.
std::vector<Verdict> latency(Tracked& tracked, Reference& reference, int changes);
// 4: whether the first frame after rest is complete, with a SettleDelay of a millisecond.
std::vector<Verdict> completeness(const std::vector<Latency>& latencies);
std::vector<Verdict> hidden(Tracked& tracked, Workload& workload);   // 10
std::vector<Verdict> stopped(Tracked& tracked, Workload& workload);  // 11: the daemon is killed

}  // namespace hvfbd::bench
