#include "tracking/alarm.h"

#include <sys/timerfd.h>

namespace hvfb {

bool Alarm::set_timer(Nanoseconds at) const {
    itimerspec time = {};
    time.it_value = timespec_of(at);
    return timer_.ours() && timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &time, nullptr) == 0;
}

bool Alarm::set(Nanoseconds at) {
    armed_ = set_timer(at);
    at_ = at;
    return armed_;
}

bool Alarm::renew() {
    armed_ = armed_ && set_timer(at_);
    return armed_;
}

void Alarm::disarm() {
    if (!armed_) return;
    armed_ = false;
    set_timer(0);
}

}  // namespace hvfb
