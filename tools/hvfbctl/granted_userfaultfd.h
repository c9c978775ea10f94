#pragma once

#include <filesystem>
#include <vector>

#include "machine.h"
#include "userfaultfd_probe.h"

namespace hvfbctl {

// How stores are noticed: by a userfaultfd of the program's own, or one that the daemon gives to programs
// that may not make it (docs/security.md). Says what this process gets and, to root, what members of group
// video get. `root` as examine_machine() has it.
void examine_tracking(const std::filesystem::path& root, std::vector<Finding>& findings);

}  // namespace hvfbctl
