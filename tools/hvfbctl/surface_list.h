#pragma once

#include <nlohmann/json_fwd.hpp>
#include <ostream>
#include <vector>

#include "bus.h"
#include "style.h"

namespace hvfbctl {

nlohmann::ordered_json surfaces_json(const std::vector<SurfaceRecord>& surfaces);
void print_surfaces(const std::vector<SurfaceRecord>& surfaces, std::ostream& out, const char* indent,
                    const Style& style);

}  // namespace hvfbctl
