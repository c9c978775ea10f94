#pragma once

#include <string>
#include <vector>

#include "tracked.h"
#include "verdict.h"

namespace hvfbd::bench {

// Row 12: hvfb-console, which is at `program`, on the daemon of `tracked`, whose surface is closed for it.
// Writes to the machine's foreground terminal, and resets it afterwards. Nothing: this machine has no virtual
// terminals, or this user may not write to them, which is said on standard error. Throws std::runtime_error.
std::vector<Verdict> console(const std::string& program, Tracked& tracked, int changes, double rest_seconds);

}  // namespace hvfbd::bench
