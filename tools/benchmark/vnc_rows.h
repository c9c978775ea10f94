#pragma once

#include <string>
#include <vector>

#include "match.h"
#include "tracked.h"
#include "verdict.h"

namespace hvfbd::bench {

// Row 14: the hvfb-vnc at `program`, on `tracked`, with a viewer that is hvfbd-bench-viewer, beside this
// program; and x11vnc on the same work where it is installed: otherwise its rows are left out, which is said
// on standard error. `match`: its rounds and their length. Throws std::runtime_error.
std::vector<Verdict> vnc_rows(const std::string& program, Tracked& tracked, const MatchOptions& match,
                              int changes, double rest_seconds);

}  // namespace hvfbd::bench
