#pragma once

#include <algorithm>
#include <optional>

#include "monotonic.h"
#include "tracking/constants.h"

namespace hvfb {

// When to report without being asked: once the first store after rest has settled, and then, while a store
// would not be announced, again and again; never more often than the display presents. Pure.
class Timetable {
  public:
    // What the daemon said last; without leave nothing is ever due.
    void follow(bool leave, Nanoseconds interval, Nanoseconds settle) {
        leave_ = leave;
        // A little longer than the display's, so that a report never comes a moment too early to be shown.
        interval_ = std::max(interval + interval / 64, constants::shortest_interval);
        settle_ = settle;
        if (leave_) return;
        due_.reset();
        since_.reset();
    }
    void announced(Nanoseconds now) {
        if (!leave_) return;
        due_ = std::min(due_.value_or(UINT64_MAX), std::max(now + settle_, last_ + interval_));
        since_ = since_.value_or(now);
    }
    // A store was seen that belongs to a burst: the report is put off until it has settled, but no longer
    // than one interval. The longer the burst has lasted, the less often it is checked: each check
    // costs the program a fault.
    void stored(Nanoseconds now) {
        if (!since_ || settle_ == 0) return;
        // Faults that are read together share `now`, which may be earlier than `since_`.
        const Nanoseconds drawn = now > *since_ ? now - *since_ : 0;
        const Nanoseconds wait = std::max(settle_, drawn / 2);
        due_ = std::max(*due_, std::min(now + wait, *since_ + interval_));
    }
    // The report is due, of a burst that may go on unseen. True: it is put off once more, so that the next
    // store can be seen.
    [[nodiscard]] bool wait_for_more(Nanoseconds now) {
        if (!since_ || settle_ == 0 || now + settle_ > *since_ + interval_) return false;
        due_ = now + settle_;
        return true;
    }
    // `found`: something was written since the last report. `open`: what comes will not be announced.
    // `rests`: not so for ever.
    void reported(Nanoseconds now, bool found, bool open, bool rests) {
        last_ = now;
        due_.reset();
        since_.reset();
        empty_ = found ? 0 : empty_ + 1;
        if (found) found_ = now;
        if (!leave_ || !open) return;
        const bool slow = !rests && now - found_ >= constants::restless_after;
        const Nanoseconds slowest = slow ? constants::restless_interval : constants::slowest_interval;
        Nanoseconds wait = interval_;
        // mutants: it is cut to `slowest` below; only one that goes on for ever would overflow.
        for (unsigned i = constants::empty_until_slower; i < empty_ && wait < slowest; ++i) wait *= 2;
        due_ = now + std::max(interval_, std::min(wait, slowest));
    }
    std::optional<Nanoseconds> due() const { return due_; }

  private:
    bool leave_ = false;
    Nanoseconds interval_{}, settle_{}, last_{}, found_{};
    unsigned empty_ = 0;  // reports in a row that found nothing
    std::optional<Nanoseconds> due_;
    // When the first store was announced that is not reported yet; `due_` is there as well then.
    std::optional<Nanoseconds> since_;
};

}  // namespace hvfb
