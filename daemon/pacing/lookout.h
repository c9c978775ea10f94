#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace hvfbd {

// How long to wait before looking again at a surface that does not announce its stores: as often as the limit
// allows while something is found, twice as long after every look that finds nothing.
class Lookout {
  public:
    // Unthrottled is not "always": at least this long between two looks nobody asked for.
    static constexpr Duration shortest = std::chrono::milliseconds(1);

    Duration next(bool found, Duration interval, Duration slowest) {
        Duration first = std::max(interval, shortest);
        wait_ = found || wait_ == Duration::zero() ? first : std::max(first, wait_ * 2);
        return wait_ = std::min(wait_, std::max(slowest, first));
    }
    void reset() { wait_ = {}; }

  private:
    Duration wait_{};  // zero: start anew
};

// Looks that found nothing although something was announced: the store that was let go may land a moment
// later. They do not use up the interval, but there are only so many of them before a find.
class Retry {
  public:
    static constexpr unsigned most = 8;
    static constexpr Duration step = std::chrono::microseconds(50);

    std::optional<Duration> next() {
        if (tries_ >= most) return std::nullopt;
        ++tries_;
        return std::min(tries_, 3U) * step;
    }
    void reset() { tries_ = 0; }

  private:
    unsigned tries_ = 0;
};

}  // namespace hvfbd
