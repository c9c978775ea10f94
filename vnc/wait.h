#pragma once

#include <poll.h>

#include <optional>
#include <span>

#include "vnc/look_state.h"

namespace vnc {

// poll(2) until `at`, rounded up to milliseconds, or without end. Throws std::system_error. A signal ends it
// too.
void wait_for(std::span<pollfd> watched, std::optional<Time> at, Time now);

}  // namespace vnc
