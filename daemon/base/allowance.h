#pragma once

#include <algorithm>
#include <chrono>

#include "base/time.h"

namespace hvfbd {

// What a peer may do: `most` at once, then `per_second`. Full at first. Pure.
class Allowance {
  public:
    Allowance(double most, double per_second, Time now)
        : most_(most), per_second_(per_second), left_(most), at_(now) {}

    // How many may be taken now.
    unsigned left(Time now) {
        left_ = std::min(most_, left_ + std::chrono::duration<double>(now - at_).count() * per_second_);
        at_ = now;
        return static_cast<unsigned>(left_);
    }
    // At most what `left` said.
    void take(unsigned count) { left_ -= count; }

  private:
    double most_, per_second_, left_;
    Time at_;
};

}  // namespace hvfbd
