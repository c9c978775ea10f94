#pragma once

#include <map>
#include <string>

#include "clients/client.h"
#include "common/sdbus.h"

namespace hvfbd {

using BusOptions = std::map<std::string, sdbus::Variant>;

// The options of OpenSurface. Throws RequestError (invalid_arguments) for an unknown one, a wrong type, or a
// name that is longer than 64 bytes or holds what cannot be shown.
SurfaceOptions surface_options(const BusOptions& options);

// For methods that know no options yet.
void expect_no_options(const BusOptions& options);

}  // namespace hvfbd
