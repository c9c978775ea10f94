#pragma once

#include <functional>

#include "base/event_loop.h"

namespace hvfbd::testing {

// Runs the loop until the condition holds; false if it does not within that time.
inline bool dispatch_until(EventLoop& loop, const std::function<bool()>& condition,
                           Duration within = std::chrono::seconds(5)) {
    for (Time end = clock_now() + within; !condition();) {
        Time now = clock_now();
        if (now >= end) return false;
        loop.run_once(end - now);
    }
    return true;
}

}  // namespace hvfbd::testing
