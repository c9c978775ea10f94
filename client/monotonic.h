#pragma once

#include <time.h>

#include <cstdint>

namespace hvfb {

// CLOCK_MONOTONIC. 0 is long ago.
using Nanoseconds = std::uint64_t;

inline Nanoseconds monotonic_now() {
    timespec time = {};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<Nanoseconds>(time.tv_sec) * 1'000'000'000 + static_cast<Nanoseconds>(time.tv_nsec);
}

}  // namespace hvfb
