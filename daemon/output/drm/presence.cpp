#include "output/drm/presence.h"

#include <algorithm>

namespace hvfbd::drm {

void Presence::happened(Time now) {
    next_ = last_ ? std::max(now, *last_ + gap_) : now;
    left_ = further_attempts;
    wait_ = std::chrono::seconds(1);
}

void Presence::found(State state, Time now) {
    bool was_had = state_ == State::had;
    state_ = state;
    last_ = now;
    next_.reset();
    if (state == State::had) return;
    // Lost by itself: that is something that happened, too.
    if (was_had) {
        left_ = further_attempts;
        wait_ = std::chrono::seconds(1);
    }
    if (left_ == 0) return;
    --left_;
    next_ = now + wait_;
    wait_ *= 2;
}

}  // namespace hvfbd::drm
