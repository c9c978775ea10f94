#pragma once

#include <ctime>

namespace hvfbd {

// Kills the process with SIGABRT, so that systemd starts it anew, when one turn of the loop takes longer than
// ten seconds. systemd's own watchdog wants to be fed for ever, also at rest, and rest shall cost nothing:
// this one is set when a turn begins and stopped when it is over.
class TurnWatchdog {
  public:
    TurnWatchdog();
    TurnWatchdog(const TurnWatchdog&) = delete;
    TurnWatchdog& operator=(const TurnWatchdog&) = delete;
    ~TurnWatchdog();

    void turn_begins() { set(10); }
    void turn_ends() { set(0); }

  private:
    void set(time_t seconds);

    timer_t timer_{};
};

}  // namespace hvfbd
