#pragma once

#include <algorithm>

#include "monotonic.h"

namespace hvfb {

// Holds at most `size` tokens, full at first, refilled evenly. Pure.
class TokenBucket {
  public:
    TokenBucket(unsigned size, unsigned per_second)
        : cost_(Nanoseconds{1'000'000'000} / per_second), full_(cost_ * size) {}

    // Takes so many. False: there were fewer, and they stay.
    bool take(Nanoseconds now, unsigned count = 1) {
        const Nanoseconds full_at = std::max(full_at_, now) + cost_ * count;
        if (full_at - now > full_) return false;
        full_at_ = full_at;
        return true;
    }

  private:
    // A token is the time in which it is refilled, so that nothing is rounded.
    Nanoseconds cost_, full_;
    Nanoseconds full_at_ = 0;  // when it is full again, if no more is taken
};

}  // namespace hvfb
