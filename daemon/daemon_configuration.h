#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "config/daemon_options.h"

namespace hvfbd {

// The configuration files, and over them what the command line says. What is not understood or cannot be read
// is logged, and added to `warnings`: a sentence each, of which there are not too many for the bus.
Configuration read_configuration(const DaemonOptions& options, std::vector<std::string>& warnings);

// Whether the files are understood, the daemon can read them and would start with them: what is wrong is
// logged.
bool check_configuration(const DaemonOptions& options);

// Why the daemon would not start with it; empty: it would.
std::string why_no_start(const Configuration& configuration);

}  // namespace hvfbd
