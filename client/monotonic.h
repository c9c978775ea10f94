#pragma once

#include <time.h>

#include <cstdint>
#include <limits>

namespace hvfb {

// CLOCK_MONOTONIC. 0 is long ago.
using Nanoseconds = std::uint64_t;

inline Nanoseconds monotonic_now() {
    timespec time = {};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 + static_cast<Nanoseconds>(time.tv_nsec);
}

// For libc, whose time_t may have 32 bits: what is longer than that is the longest there is.
inline timespec timespec_of(Nanoseconds time) {
    constexpr Nanoseconds second = 1'000'000'000;
    constexpr auto longest = static_cast<Nanoseconds>(std::numeric_limits<time_t>::max());
    const Nanoseconds seconds = time / second;
    return {.tv_sec = static_cast<time_t>(seconds < longest ? seconds : longest),
            .tv_nsec = static_cast<long>(time % second)};
}

}  // namespace hvfb
