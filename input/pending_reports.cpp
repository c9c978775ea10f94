#include "input/pending_reports.h"

#include <iterator>
#include <utility>

namespace input {

void PendingReports::driver_began(Time now) {
    if (!began_) began_ = now;
}

void PendingReports::add(Reports reports) {
    for (HidReports::Report& report : reports)
        if (waiting_.size() < most) waiting_.push_back(std::move(report));
}

PendingReports::Reports PendingReports::take(Time now) {
    if (began_ && now >= *began_ + settling) settled_ = true;
    return settled_ ? std::exchange(waiting_, {}) : Reports{};
}

std::optional<Time> PendingReports::due() const {
    if (settled_) return std::nullopt;
    return began_ ? *began_ + settling : made_ + timeout;
}

}  // namespace input
