#include "system/log_allowance.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace hvfbd {

bool LogAllowance::take() {
    Time now = clock_now();
    left_ = std::min(most, left_ + std::chrono::duration<double>(now - at_).count());
    at_ = now;
    if (left_ < 1) {
        ++suppressed_;
        return false;
    }
    left_ -= 1;
    if (suppressed_ > 0)
        spdlog::info("{} lines about {} were left out", std::exchange(suppressed_, 0), about_);
    return true;
}

}  // namespace hvfbd
