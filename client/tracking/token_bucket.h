#pragma once

#include <algorithm>

#include "monotonic.h"

namespace hvfb {

// Holds at most `size` tokens, full at first, refilled evenly. Pure.
class TokenBucket {
  public:
    TokenBucket() : TokenBucket(1, 1) {}
    TokenBucket(unsigned size, unsigned per_second)
        : full_(Nanoseconds{1'000'000'000} / per_second * size), cost_(full_ / size), level_(full_) {}

    // Takes one. False: there was none.
    bool take(Nanoseconds now) {
        if (now > filled_) level_ = std::min(full_, level_ + std::min(full_, now - filled_));
        filled_ = now;
        if (level_ < cost_) return false;
        level_ -= cost_;
        return true;
    }

  private:
    // A token is the time in which it is refilled, so that nothing is rounded.
    Nanoseconds full_, cost_, level_, filled_ = 0;
};

}  // namespace hvfb
