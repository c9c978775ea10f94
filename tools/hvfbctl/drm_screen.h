#pragma once

#include <filesystem>
#include <vector>

#include "config/configuration.h"
#include "machine.h"

namespace hvfbctl {

// The card that Type=drm or auto shows on, as far as can be seen without opening it, which might make this
// process its master: is it there, may the daemon open it, is a screen connected, who is its master. With
// auto nothing about a machine without a card. `root` as examine_machine() has it.
void examine_drm_screen(const std::filesystem::path& root, const hvfbd::Configuration& configuration,
                        std::vector<Finding>& findings);

}  // namespace hvfbctl
