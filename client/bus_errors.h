#pragma once

#include "bus.h"
#include "sentence.h"

namespace hvfb {

// connect_to_bus for a call to the daemon: 0, or a negative errno as hvfb_surface_open, and `why`.
int reach_bus(const OpenOptions& options, Bus& bus, Sentence& why);
// Why the daemon or the bus refused a call that failed with this negative errno: what was wanted ("drawing"),
// and the group that may have it. Says nothing where the errno says enough.
void explain_bus_error(const Error& error, int result, const char* wanted, const char* group, Sentence& why);

}  // namespace hvfb
