#include "control/turn_watchdog.h"

#include <csignal>

#include "base/error.h"

namespace hvfbd {

TurnWatchdog::TurnWatchdog(Duration limit) : limit_(limit) {
    sigevent event{};
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGABRT;
    if (::timer_create(CLOCK_MONOTONIC, &event, &timer_) < 0) throw_errno("make the watchdog's timer");
}

TurnWatchdog::~TurnWatchdog() {
    ::timer_delete(timer_);
}

void TurnWatchdog::set(Duration duration) {
    itimerspec time{};
    time.it_value.tv_sec = duration / std::chrono::seconds(1);
    time.it_value.tv_nsec = (duration % std::chrono::seconds(1)).count();
    ::timer_settime(timer_, 0, &time, nullptr);
}

}  // namespace hvfbd
