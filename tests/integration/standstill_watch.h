#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "base/time.h"
#include "processes.h"

namespace hvfbd::testing {

// Notices when a processor runs nothing at all: a machine that is itself a guest is stopped by its host for
// milliseconds now and then, and its kernel says nothing of it. On each processor a process above all others
// wakes up a thousand times a second and keeps when it came late. Make it before the test has threads.
class StandstillWatch {
  public:
    // Without the right to real-time scheduling it watches nothing. Throws std::system_error.
    StandstillWatch();
    StandstillWatch(const StandstillWatch&) = delete;
    StandstillWatch& operator=(const StandstillWatch&) = delete;
    ~StandstillWatch();

    bool watches() const { return !watchers_.empty(); }
    // How long of that time the processor that stood still most did so. What runs on one may wait for the
    // other.
    Duration between(Time from, Time until) const;
    // The longest ever.
    Duration longest() const;

  private:
    struct Interval {
        std::atomic<std::int64_t> from{0}, until{0};
    };
    // One of each processor; all processes see it.
    struct Lateness {
        std::atomic<bool> ready{false};
        std::atomic<std::size_t> count{0};
        std::array<Interval, 65536> intervals;
    };
    [[noreturn]] static void watch(Lateness& shared);

    std::vector<pid_t> watchers_;
    std::vector<Shared<Lateness>> shared_;
};

}  // namespace hvfbd::testing
