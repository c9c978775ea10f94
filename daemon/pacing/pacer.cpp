#include "pacing/pacer.h"

#include <algorithm>

namespace hvfbd {

namespace {

// Periodic presents need a period even where there is no limit: the 2019 driver's.
constexpr Duration unlimited_period = std::chrono::milliseconds(50);

}  // namespace

Decision decide(const Facts& facts, Time now) {
    if (facts.holds > 0) return {Decision::Kind::rest, now};
    std::optional<Time> at;
    auto propose = [&](Time time) {
        if (facts.last_present) time = std::max(time, *facts.last_present + facts.interval);
        at = at ? std::min(*at, time) : time;
    };
    if (facts.damaged_since) propose(*facts.damaged_since + facts.settle);
    if (facts.look_at) propose(*facts.look_at);
    if (facts.periodic) {
        Duration period = facts.interval > Duration::zero() ? facts.interval : unlimited_period;
        propose(facts.last_present ? *facts.last_present + period : now);
    }
    if (!at) return {Decision::Kind::rest, now};
    if (*at <= now) return {Decision::Kind::present, now};
    return {Decision::Kind::wake, *at};
}

}  // namespace hvfbd
