#pragma once

#include <optional>

#include "base/time.h"

namespace hvfbd {

// Everything that decides when to look at the active surface and present it.
struct Facts {
    std::optional<Time> damaged_since;  // announced or reported, and not yet looked at
    std::optional<Time> look_at;        // look then although nothing was announced
    std::optional<Time> last_present;
    Duration interval{};  // shortest time between two presents; 0: unthrottled
    Duration settle{};    // from the announcement to its present, so that a burst becomes one frame
    unsigned holds = 0;   // reasons not to present
    bool periodic = false;
};

struct Decision {
    enum class Kind { rest, wake, present } kind = Kind::rest;
    Time at{};  // of wake

    bool operator==(const Decision&) const = default;
};

Decision decide(const Facts& facts, Time now);

}  // namespace hvfbd
