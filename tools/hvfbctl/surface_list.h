#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "bus.h"
#include "style.h"

namespace hvfbctl {

// Per cent of a processor that the library's thread takes, by the number of the surface; nothing: not known.
using TrackerPercents = std::map<std::uint32_t, std::optional<double>>;

// With the percentages where there are any to show.
nlohmann::ordered_json surfaces_json(const std::vector<SurfaceRecord>& surfaces,
                                     const TrackerPercents* trackers = nullptr);
void print_surfaces(const std::vector<SurfaceRecord>& surfaces, std::ostream& out, const char* indent,
                    const Style& style, const TrackerPercents* trackers = nullptr);
// "0.12 %"; "-" where it is not known.
std::string percent(std::optional<double> value);

}  // namespace hvfbctl
