#include "vnc/look_state.h"

namespace vnc {

void LookState::set_asked(bool asked, Time now) {
    if (asked_ && !asked) looks_until_ = now + lingering;
    asked_ = asked;
}

void LookState::answered(Time now) {
    next_answer_ = now + shortest_interval;
}

std::optional<Time> LookState::wake_at(Time now) const {
    if (!asked_) return now < looks_until_ ? std::optional(looks_until_) : std::nullopt;
    return now < next_answer_ ? std::optional(next_answer_) : std::nullopt;
}

}  // namespace vnc
