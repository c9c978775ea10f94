#pragma once

#include <filesystem>
#include <vector>

#include "config/configuration.h"
#include "machine.h"

namespace hvfbctl {

// The device that Type=uio shows on, as far as can be seen without opening it: is it there, may the daemon
// open it, is its memory to be had and large enough. `root` as examine_machine() has it.
void examine_uio_screen(const std::filesystem::path& root, const hvfbd::Configuration& configuration,
                        std::vector<Finding>& findings);

}  // namespace hvfbctl
