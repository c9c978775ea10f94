#pragma once

#include <map>
#include <string>
#include <vector>

#include "match.h"
#include "tracked.h"
#include "verdict.h"

namespace hvfbd::bench {

// The samples of one workload and one limit.
struct Match {
    std::string workload;
    unsigned limit = 0;
    Sample tracked, reference, floor;
};
using Matches = std::vector<Match>;

// Rows that are read off the matches: 2, 3, 5, 6, 7, 8, 9. `tall`: of 3840x2160, may be empty; row 10.
std::vector<Verdict> judge(const Matches& matches, const Matches& tall);

// Rows with measurements of their own, on hvfbd alone. Each leaves the daemon as it was, the last one apart.
std::vector<Verdict> rest(Tracked& tracked, double seconds);                          // 1
std::vector<Verdict> latency(Tracked& tracked, const std::string& bus, int changes);  // 4
std::vector<Verdict> hidden(Tracked& tracked, Workload& workload);                    // 11
std::vector<Verdict> stopped(Tracked& tracked, Workload& workload);  // 12: the daemon is killed

}  // namespace hvfbd::bench
