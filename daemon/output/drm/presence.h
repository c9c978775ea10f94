#pragma once

#include <optional>

#include "base/time.h"

namespace hvfbd::drm {

// Whether the card can be had, and when to try again. Pure: what happened and the time in, decisions out.
// Nobody says that a card's master has gone, and asking for ever would be polling at rest: so each thing that
// happens brings one attempt, and after it a few more at growing distances, and then nothing until the next.
class Presence {
  public:
    // `incomplete`: it is had, and a screen that is there could not be shown on.
    enum class State { gone, not_master, incomplete, had };
    static constexpr unsigned further_attempts = 5;  // after 1, 2, 4, 8 and 16 s
    // Between two attempts at least: neither a loose plug nor a client may keep the daemon busy.
    static constexpr Duration gap = std::chrono::milliseconds(100);

    explicit Presence(Duration between = gap) : gap_(between) {}

    // Something that may have changed it: an attempt is due, now or soon, and further ones if it fails.
    void happened(Time now);
    // An attempt is due; found() follows.
    bool due(Time now) const { return next_ && now >= *next_; }
    // What an attempt found, or what showed by itself. Where a screen is plugged in the kernel says so, hence
    // a card that is had needs no further attempts.
    void found(State state, Time now);

    State state() const { return state_; }
    std::optional<Time> wake_at() const { return next_; }

  private:
    Duration gap_;
    State state_ = State::gone;
    std::optional<Time> next_, last_;
    unsigned left_ = 0;
    Duration wait_{};
};

}  // namespace hvfbd::drm
