#pragma once

#include "config/configuration.h"
#include "config/daemon_options.h"

namespace hvfbd {

// The configuration files, and over them what the command line says. What is not understood is logged, and
// `warned` says that something was.
Configuration read_configuration(const DaemonOptions& options, bool& warned);

// Whether the daemon would start with it. Where it would not, an error is logged that says why.
bool would_start(const Configuration& configuration);

}  // namespace hvfbd
