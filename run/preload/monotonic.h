#pragma once

#include <errno.h>
#include <time.h>

#include <cstdint>

namespace fbdev::preload {

// Nanoseconds.
constexpr std::uint64_t millisecond = 1'000'000;

inline std::uint64_t monotonic_now() {
    timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1000 * millisecond +
           static_cast<std::uint64_t>(time.tv_nsec);
}

inline void sleep_until(std::uint64_t time) {
    const timespec until{static_cast<time_t>(time / (1000 * millisecond)),
                         static_cast<long>(time % (1000 * millisecond))};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) == EINTR) {
    }
}

}  // namespace fbdev::preload
