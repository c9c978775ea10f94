#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "vnc/look_state.h"

namespace vnc {

// How many clients there may be, and when the program leaves for want of them. Is given the time.
class Occupancy {
  public:
    // No `leave_after`: it stays.
    Occupancy(unsigned most, std::optional<std::chrono::microseconds> leave_after, Time now)
        : most_(most), leave_after_(leave_after), empty_since_(now) {}

    bool has_room() const { return clients_ < most_; }
    void client_came() { ++clients_; }
    void client_left(Time now) {
        if (--clients_ == 0) empty_since_ = now;
    }
    unsigned clients() const { return clients_; }
    // Somebody who may become one: it stays for them.
    void visitor_came() { ++visitors_; }
    void visitor_left(Time now) {
        if (--visitors_ == 0) empty_since_ = std::max(empty_since_, now);
    }
    unsigned visitors() const { return visitors_; }
    // When it leaves, if nobody comes before.
    std::optional<Time> leaves_at() const {
        return leave_after_ && clients_ == 0 && visitors_ == 0
                   ? std::optional<Time>(empty_since_ + *leave_after_)
                   : std::nullopt;
    }

  private:
    unsigned most_, clients_ = 0, visitors_ = 0;
    std::optional<std::chrono::microseconds> leave_after_;
    Time empty_since_;
};

}  // namespace vnc
