#pragma once

#include <string>
#include <vector>

#include "config/configuration.h"
#include "config/daemon_options.h"

namespace hvfbd {

// The daemon as a service: with the bus, the signals of the service manager, logind, and what watches over
// this process. Returns when it was asked to end. Throws std::exception where it cannot serve.
// `warnings`: what of its files does not count, a sentence each.
void serve(const DaemonOptions& options, const Configuration& configuration,
           std::vector<std::string> warnings);

}  // namespace hvfbd
