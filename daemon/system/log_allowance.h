#pragma once

#include <string_view>

#include "base/allowance.h"
#include "base/time.h"

namespace hvfbd {

// Peers can bring lines about as often as they like: so many at once, then one a second.
class LogAllowance {
  public:
    // `about`: what the lines are about, in the plural. Says how many were left out before.
    explicit LogAllowance(std::string_view about) : about_(about) {}

    // Whether there may be another line now.
    bool take();

  private:
    std::string_view about_;
    Allowance lines_{20, 1, clock_now()};
    unsigned suppressed_ = 0;
};

}  // namespace hvfbd
