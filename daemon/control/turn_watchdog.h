#pragma once

#include <ctime>

#include "base/time.h"

namespace hvfbd {

// Kills the process with SIGABRT, so that systemd starts it anew, when one turn of the loop takes longer than
// the limit. systemd's own watchdog wants to be fed for ever, also at rest, and rest shall cost nothing:
// this one is set when a turn begins and stopped when it is over.
class TurnWatchdog {
  public:
    explicit TurnWatchdog(Duration limit = std::chrono::seconds(10));
    TurnWatchdog(const TurnWatchdog&) = delete;
    TurnWatchdog& operator=(const TurnWatchdog&) = delete;
    ~TurnWatchdog();

    void turn_begins() { set(limit_); }
    void turn_ends() { set({}); }

  private:
    void set(Duration time);

    Duration limit_;
    timer_t timer_{};
};

}  // namespace hvfbd
