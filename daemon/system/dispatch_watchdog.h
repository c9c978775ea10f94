#pragma once

#include <csignal>
#include <ctime>

#include "base/time.h"

namespace hvfbd {

// Kills the process with SIGABRT, so that systemd starts it anew, when one dispatch takes longer than the
// limit, while the process could run. systemd's own watchdog wants to be fed for ever, also at rest, and rest
// shall cost nothing: this one is set when a dispatch begins and stopped when it is over.
//
// Its timer sends SIGALRM several times a limit. A process that is stopped has one of them when it goes on,
// however long that was, and so is not taken for one that hangs.
class DispatchWatchdog {
  public:
    // Handles SIGALRM from here on, in a process of which no other thread takes signals. Throws
    // std::system_error.
    explicit DispatchWatchdog(Duration limit = std::chrono::seconds(10));
    DispatchWatchdog(const DispatchWatchdog&) = delete;
    DispatchWatchdog& operator=(const DispatchWatchdog&) = delete;
    ~DispatchWatchdog();

    void dispatch_begins() {
        rung_ = 0;
        set(step_);
    }
    void dispatch_ends() { set({}); }

  private:
    static constexpr int steps = 8;  // a limit
    static void ring(int, siginfo_t* information, void*);
    void set(Duration time);

    Duration step_;
    volatile sig_atomic_t rung_ = 0;  // in this dispatch
    timer_t timer_{};
    struct sigaction before_ {};
};

}  // namespace hvfbd
