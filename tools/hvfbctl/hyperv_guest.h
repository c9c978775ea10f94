#pragma once

#include <filesystem>
#include <vector>

#include "machine.h"

namespace hvfbctl {

// Whether this is a Hyper-V guest whose synthetic video device hvfbd can have, and what is in the way. One
// finding on other machines. `root` as examine_machine() has it.
void examine_hyperv_guest(const std::filesystem::path& root, std::vector<Finding>& findings);

}  // namespace hvfbctl
