#pragma once

#include "connection.h"

namespace hvfb {

// Waits until the daemon has its name on the bus. 1: it has. 0: `interrupt` is readable. Negative errno:
// there is no bus to wait on. Nothing runs while it waits. With `refused` another process of the daemon is
// waited for than that; where that is not known, than the one that has the name now. `absence` is told each
// time that the bus says that nobody has the name.
int await_daemon_on_bus(const OpenOptions& options, int interrupt, const DaemonName* refused,
                        Absence absence);

}  // namespace hvfb
