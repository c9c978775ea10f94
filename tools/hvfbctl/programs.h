#pragma once

#include <filesystem>
#include <vector>

#include "bus.h"
#include "machine.h"

namespace hvfbctl {

// Why these surfaces are polled, as far as it is seen from outside their programs: a finding for each. `root`
// as examine_machine's.
std::vector<Finding> examine_programs(const std::filesystem::path& root,
                                      const std::vector<SurfaceRecord>& surfaces);

}  // namespace hvfbctl
