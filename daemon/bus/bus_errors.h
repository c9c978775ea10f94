#pragma once

#include <functional>

#include "base/error.h"
#include "common/sdbus.h"

namespace hvfbd {

// The same as the bus says it: org.hvfbd.Framebuffer1.Error.Busy and so on, with the sentence.
sdbus::Error bus_error(const RequestError& refused);

// Does it, and answers what it throws as an error of the bus interface: a RequestError by its kind, anything
// else as Failed. Throws sdbus::Error, nothing else.
void with_bus_errors(const std::function<void()>& act);

}  // namespace hvfbd
