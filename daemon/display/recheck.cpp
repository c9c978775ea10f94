#include "display/recheck.h"

#include <algorithm>
#include <utility>

namespace hvfbd {

void Recheck::reported(const DamageHints& where, const Layout& layout, bool suspicious, Time now) {
    if (!in_use) return;
    if (last_report_ && now - *last_report_ >= renewed_after) allowed_ = allowance;
    last_report_ = now;
    if (!due_) young_since_ = compared_ = now;
    // A client that never pauses would make it ever more.
    if (now - young_since_ >= longest) {
        old_ = std::exchange(young_, std::nullopt);
        young_since_ = now;
    }
    if (!young_) young_.emplace(layout);
    young_->merge(where);
    suspicious_ = suspicious_ || suspicious;
    until_ = now + longest;
    step_ = first;
    due_ = now + (allowed_ > 0 ? step_ : without_allowance);
}

std::span<const Rectangle> Recheck::where() {
    if (!young_) return {};
    if (!old_) return young_->rectangles();
    Region both(old_->rectangles());
    both |= Region(young_->rectangles());
    both_.assign(both.rectangles().begin(), both.rectangles().end());
    return both_;
}

void Recheck::compared(bool found, Time now) {
    if (!due_) return;
    compared_ = now;
    if (found) {
        // There is more to come, perhaps from the same disk.
        allowed_ = allowance;
        suspicious_ = true;
        young_since_ = now;
        until_ = now + longest;
        step_ = first;
        due_ = now + step_;
    } else if (now >= until_) {
        forget();
    } else if (now >= *due_) {
        if (allowed_ > 0) --allowed_;
        step_ *= suspicious_ ? 2 : 4;
        due_ = allowed_ > 0 ? std::min(until_, now + step_) : until_;
    }
}

void Recheck::forget() {
    due_.reset();
    young_.reset();
    old_.reset();
    suspicious_ = false;
}

}  // namespace hvfbd
