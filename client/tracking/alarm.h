#pragma once

#include "descriptor.h"
#include "monotonic.h"

namespace hvfb {

// The alarm that the daemon hears: a timerfd of the daemon's that this process holds as well. It rings there
// even if this process is stopped, and as long as it does not ring it wakes nobody. One thread.
class Alarm {
  public:
    // A newer one is set as the older one was: the daemon that hears it may be another.
    void take(Descriptor timer) {
        timer_ = static_cast<Descriptor&&>(timer);
        renew();
    }
    void forget() {
        timer_.reset();
        armed_ = false;
    }

    // Rings at `at`. False: there is no alarm.
    [[nodiscard]] bool set(Nanoseconds at);
    bool armed() const { return armed_; }
    // Again for a later store, as it may have rung. False: it is not set.
    bool renew();
    // Does not ring.
    void disarm();

  private:
    bool set_timer(Nanoseconds at) const;

    Descriptor timer_;
    bool armed_ = false;
    Nanoseconds at_ = 0;
};

}  // namespace hvfb
