#pragma once

#include <cstdint>
#include <optional>

#include "base/running_timer.h"

namespace hvfbd::hyperv {

// Finds out that the host has stopped to read the ring: its read index has not moved for a whole `timeout`
// while messages waited. A host that is asked nothing may be silent for ever, so there is no time to wait for
// while the ring is empty. Pure.
class HostWatch {
  public:
    explicit HostWatch(Duration timeout) : timer_(timeout) {}

    // The indices of the ring to the host, as they are now. True: the host is dead.
    bool check(std::uint32_t read, std::uint32_t write, Time now) {
        if (read == write) {
            timer_.stop();
            return false;
        }
        if (!timer_.running() || read != read_) {
            read_ = read;
            timer_.start(now);
        }
        return timer_.reached(now);
    }
    // When to check again; none while the host has read everything.
    std::optional<Time> due() const { return timer_.due(); }
    // Another ring.
    void reset() { timer_.stop(); }

  private:
    RunningTimer timer_;
    // When it was last seen to move.
    // mutants: it is written before it is compared.
    std::uint32_t read_ = 0;
};

}  // namespace hvfbd::hyperv
