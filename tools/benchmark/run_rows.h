#pragma once

#include <string>
#include <vector>

#include "tracked.h"
#include "verdict.h"

namespace hvfbd::bench {

// Row 13: programs under the hvfb-run at `program`, on the daemon of `tracked`, whose surface is closed for
// them. They are hvfbd-bench-program, which is beside this program. Throws std::runtime_error.
std::vector<Verdict> run_rows(const std::string& program, Tracked& tracked, int rounds, double rest_seconds);

}  // namespace hvfbd::bench
