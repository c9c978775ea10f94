#pragma once

#include <string_view>

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
    static constexpr double most = 20;

    std::string_view about_;
    double left_ = most;
    Time at_ = clock_now();
    unsigned suppressed_ = 0;
};

}  // namespace hvfbd
