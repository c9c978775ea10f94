#pragma once

#include <filesystem>
#include <vector>

#include "config/configuration.h"
#include "machine.h"

namespace hvfbctl {

// What the configuration files below `root` say.
hvfbd::Configuration read_configuration(const std::filesystem::path& root,
                                        std::vector<hvfbd::ConfigurationWarning>& warnings);

// The output that the configuration names, and what is in the way of it: the configuration itself, the UIO
// device, the card. `root` as examine_machine() has it.
void examine_configured_output(const std::filesystem::path& root, std::vector<Finding>& findings);

}  // namespace hvfbctl
