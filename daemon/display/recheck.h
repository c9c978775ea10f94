#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/layout.h"
#include "base/time.h"
#include "clients/damage_hints.h"

namespace hvfbd {

// When and where to compare again what a client reported, though it reports nothing more. A fault says when
// a write begins. One that goes through pinned pages (a disk's or a card's into the pixels: O_DIRECT, aio,
// io_uring) lands later, piece by piece, after the pages were protected again, and is never announced.
// Nothing distinguishes it from a program's store, so that everything reported is compared again, with
// back-off, for some seconds: also what did differ, for that may have been the first piece. A program that
// only stores spends its allowance, and is then compared again on the way, at comparisons that happen anyhow,
// and twice after its last report. Pure.
class Recheck {
  public:
    // False: nothing is compared again. Only for tests in which programs do nothing but store: a store that a
    // tracker lost would be found, and nobody would know.
    static inline bool in_use = true;  // NOLINT

    // The first of a row of comparisons; each comes twice as long after the one before, or, where what was
    // reported did differ, four times as long.
    static constexpr Duration first = std::chrono::milliseconds(20);
    // The last one comes this long after the last report, or the last late find.
    static constexpr Duration longest = std::chrono::seconds(5);
    // Without allowance the first one comes after so long, and the next is the last.
    static constexpr Duration without_allowance = std::chrono::seconds(1);
    // What waits longer than this is compared with the next frame, whatever that is for.
    static constexpr Duration on_the_way = std::chrono::seconds(1), on_the_way_busy = std::chrono::seconds(2);
    // Wake-ups that find nothing: so many, and again after a find or so long without a report.
    static constexpr unsigned allowance = 24;
    static constexpr Duration renewed_after = std::chrono::seconds(10);

    // This was reported, and compared now. `suspicious`: a write was caught there, and nothing differed: it
    // is compared again at shorter intervals.
    void reported(const DamageHints& where, const Layout& layout, bool suspicious, Time now);
    // When to compare again; none: no more.
    std::optional<Time> due() const { return due_; }
    // Whether a frame that is compared now shall do it on the way. `busy`: the client is compared again
    // anyhow, until it rests.
    bool rides(bool busy, Time now) const {
        return due_ && ((!busy && now >= *due_) || now - compared_ >= (busy ? on_the_way_busy : on_the_way));
    }
    // Where; valid until the next call.
    std::span<const Rectangle> where();
    // That was compared now.
    void compared(bool found, Time now);
    void forget();

  private:
    std::optional<DamageHints> young_, old_;  // by when they were reported
    Time young_since_{};
    std::vector<Rectangle> both_;
    std::optional<Time> due_, last_report_;
    Time until_{}, compared_{};
    Duration step_{};
    bool suspicious_ = false;
    unsigned allowed_ = allowance;
};

}  // namespace hvfbd
