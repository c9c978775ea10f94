#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace hvfbd {

// How long to wait before the next comparison of a surface that does not announce its stores: the shortest
// time while something is found, twice as long after every comparison that finds nothing. Pure.
class BackOff {
  public:
    // Unthrottled is not "always": at least this long between two comparisons nobody asked for.
    static constexpr Duration shortest = std::chrono::milliseconds(1);

    Duration next(bool found, Duration interval, Duration slowest) {
        Duration first = std::max(interval, shortest);
        wait_ = found ? first : std::max(first, wait_ * 2);
        return wait_ = std::min(wait_, std::max(slowest, first));
    }
    void reset() { wait_ = {}; }

  private:
    Duration wait_{};  // zero: start anew
};

// Comparisons that found nothing although damage was announced: the store that was let go may land a moment
// later. They do not use up the interval, but there are only so many of them before a find. Pure.
class EmptyCompares {
  public:
    static constexpr unsigned most = 8;
    static constexpr Duration step = std::chrono::microseconds(50);

    // After one of them: how soon to compare again. None: there were too many.
    std::optional<Duration> next() {
        if (count_ >= most) return std::nullopt;
        ++count_;
        return std::min(count_, 3U) * step;
    }
    void reset() { count_ = 0; }

  private:
    unsigned count_ = 0;
};

}  // namespace hvfbd
