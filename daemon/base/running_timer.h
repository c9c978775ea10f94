#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace hvfbd {

// The time after which a peer is judged (a full queue, a silent host, an open frame). Only time in which this
// process could run counts: while it is stopped, frozen or starved, or its machine is paused, it cannot see
// what a peer does. Pure.
//
// The kernel does not tell a process that it was stopped. So the owner asks at every due(), `questions` times
// a limit, and what lies between two questions counts only if the second one came about when it was due: a
// stop of more than two of these parts is noticed.
class RunningTimer {
  public:
    explicit RunningTimer(Duration limit, unsigned questions = 8) : questions_(questions) {
        set_limit(limit);
    }

    // From now on this is the limit of what was counted, and will be.
    void set_limit(Duration limit) {
        limit_ = limit;
        step_ = std::max<Duration>(limit / questions_, Duration(1));  // mutants: any that is not zero
    }

    // Counts from zero, whatever was counted before.
    void start(Time now) {
        counted_ = {};
        last_ = now;
    }
    void stop() { last_.reset(); }
    bool running() const { return last_.has_value(); }

    // Counts what has passed since the last question. True: the limit is reached; it stays so until start().
    // False where it is stopped.
    bool reached(Time now) {
        if (!last_) return false;
        Duration passed = std::max<Duration>(now - *last_, Duration{});
        // A gap counts a little, so that the limit is reached even where the process hardly ever runs.
        counted_ += passed <= 2 * step_ ? passed : limit_ / 128;
        last_ = now;
        return counted_ >= limit_;
    }

    // When to ask next: an alarm's time. None while it is stopped.
    std::optional<Time> due() const {
        if (!last_) return std::nullopt;
        return *last_ + std::clamp<Duration>(limit_ - counted_, Duration{}, step_);
    }

  private:
    unsigned questions_;
    Duration limit_{}, step_{}, counted_{};
    std::optional<Time> last_;  // none: stopped
};

}  // namespace hvfbd
