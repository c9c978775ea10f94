#pragma once

#include <cstdlib>

#include "rounds.h"

namespace hvfbd::testing {

// 20 of each in a daily run; the acceptance of the whole is HVFBD_RESTARTS=1000.
inline unsigned restarts() {
    const char* wanted = std::getenv("HVFBD_RESTARTS");
    return wanted ? static_cast<unsigned>(std::atoi(wanted)) : rounds(20);
}

}  // namespace hvfbd::testing
