#include "run/tracking/look_times.h"

#include <algorithm>
#include <iterator>

namespace run {
namespace {

using namespace std::chrono_literals;

// After the last change; then at every interval.
constexpr std::chrono::milliseconds again[] = {100ms, 500ms, 2s, 5s};
constexpr auto at_rest = 5s;

}  // namespace

void LookTimes::looked(bool whole, bool found, bool unseen, Time now) {
    const bool was_at_rest = !owed_ && again_ == std::size(again);
    if (whole && was_at_rest && unseen) ++unseen_;
    const bool due = now >= next_whole_;
    if (whole) owed_ = false;
    quiet_ = found ? 0 : std::min(quiet_ + 1, looks_until_quiet);
    if (found) {
        changed_ = now;
        again_ = 0;
        next_whole_ = now + again[0];
    } else if (whole && due) {
        again_ = std::min<unsigned>(again_ + 1, std::size(again));
        next_whole_ = again_ < std::size(again) ? std::max(now, changed_ + again[again_]) : now + at_rest;
    }
}

}  // namespace run
