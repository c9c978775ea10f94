#pragma once

#include <sys/types.h>

#include <initializer_list>
#include <string>

namespace hvfbd::bench {

// What processes did together while nothing was drawn.
struct AtRest {
    double switches = 0;    // that they made themselves: a wake-up is one
    double running_ns = 0;  // processor time
    std::string during;     // "in 60.0 s"
};

// Waits until they can rest, and then watches them for so many seconds.
AtRest watch_rest(std::initializer_list<pid_t> processes, double seconds);

}  // namespace hvfbd::bench
