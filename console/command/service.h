#pragma once

#include <string>
#include <vector>

#include "console/service.h"

namespace console {

// Runs a command on a terminal of its own, and shows that until the command ends. Its exit code; 128 and the
// number of the signal that ended it; 126 and 127 where it cannot be started; 0 where SIGTERM, SIGINT,
// SIGHUP or somebody who closed the surface ended this. Throws std::exception for what waiting does not mend.
int serve_command(const ServiceOptions& options, const std::vector<std::string>& command);

}  // namespace console
