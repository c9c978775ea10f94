#include "system/log_allowance.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace hvfbd {

bool LogAllowance::take() {
    if (lines_.left(clock_now()) == 0) {
        ++suppressed_;
        return false;
    }
    lines_.take(1);
    if (suppressed_ > 0)
        spdlog::info("{} lines about {} were left out", std::exchange(suppressed_, 0), about_);
    return true;
}

}  // namespace hvfbd
