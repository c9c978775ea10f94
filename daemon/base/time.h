#pragma once

#include <chrono>
#include <optional>

namespace hvfbd {

// CLOCK_MONOTONIC. Read once a dispatch by the event loop and passed in everywhere else.
using Duration = std::chrono::nanoseconds;
using Time = std::chrono::time_point<std::chrono::steady_clock, Duration>;

// The clock itself, for the loop and for measuring how long a stage took. Decisions take `now` instead.
inline Time clock_now() {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
}

// `earliest` is `at`, if that is earlier. None: never.
inline void keep_earliest(std::optional<Time>& earliest, std::optional<Time> at) {
    if (at && (!earliest || *at < *earliest)) earliest = at;
}

}  // namespace hvfbd
