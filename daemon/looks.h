#pragma once

#include <optional>

#include "base/running_timer.h"
#include "late_writes.h"
#include "pacing/lookout.h"
#include "pacing/pacer.h"
#include "pacing/tuning.h"
#include "presenter.h"
#include "statistics.h"
#include "surfaces/surfaces.h"

namespace hvfbd {

// The looks at the active surface, one after the other. A look is: ask the client what was written (COLLECT),
// wait for its answer (WRITTEN) at most a frame, compare there, tell what differed; then plan when to look
// again although nothing was announced. A client that has no tracker, or reports by itself, is not asked.
class Looks {
  public:
    // Looks that find nothing, again and again, are not free: a client that announces for nothing gets no
    // more than these, whatever the limit.
    static constexpr Duration empty_interval = std::chrono::milliseconds(10);

    // A client that reports by itself is asked all the same where it announced and then said nothing for
    // longer than this: it may have been stopped.
    static constexpr Duration report_patience = std::chrono::milliseconds(10);

    // A client that is stopped while it scans is looked at no longer than this: it cannot draw.
    static constexpr Duration suspicion = std::chrono::seconds(1);

    // Borrowed: all outlive it.
    Looks(Surfaces& surfaces, Presenter& presenter, Statistics& statistics)
        : surfaces_(surfaces), presenter_(presenter), statistics_(statistics), unanswered_(suspicion, 2) {}

    // What the pacer has to know of the looks there were.
    void add_facts(Facts& facts) const;

    void begin(const Tuning& tuning, Time now);
    // When to ask again whether the answer to COLLECT has come; none: no look is under way.
    std::optional<Time> waiting_until() const { return waiting_.due(); }
    // Finishes the look under way if its answer has come, or will not. Held: nothing may be presented now.
    void go_on(const Tuning& tuning, bool held, Time now);
    // The last one: waits for nobody.
    void last(const Tuning& tuning, Time now);

    // Look then, whatever was planned.
    void look_at(Time time) { look_at_ = time; }
    // Another surface is the active one.
    void start_over(Time now);
    // What is left of the interval that the last present used up becomes what it would have been.
    void change_interval(Duration from, Duration to);

  private:
    void finish(const Tuning& tuning, Time now);
    // What was reported is compared again, and nobody asked.
    std::optional<Time> late_writes_due() const;
    bool only_late_writes(const Tuning& tuning, Time now) const;
    // Compares at the active surface what it reported; whether something differed.
    bool compare_reported(const Tuning& tuning, Surface& surface, Time now);
    bool compare_late_writes(const Surface& surface, Time now);
    Presenter::Told tell(const Tuning& tuning, Time now);
    void plan_next(const Tuning& tuning, bool found, Time now);

    Surfaces& surfaces_;
    Presenter& presenter_;
    Statistics& statistics_;
    Lookout lookout_;
    Retry retry_;
    LateWrites late_writes_;               // of the active surface
    std::optional<Time> last_whole_;       // when all that was hinted was last compared
    std::optional<Time> compared_told_;    // when a client that is not asked was last told
    std::optional<Time> look_at_;          // when to look although nothing was announced
    std::optional<Time> not_before_;       // the end of the interval that the last present used up
    RunningTimer waiting_{Duration{}, 2};  // runs while the answer to COLLECT is waited for
    RunningTimer unanswered_;              // runs since the client has owed an answer for longer than a frame
    // Of the look under way.
    bool was_announced_ = false;
    // The newest frame that was asked for when it began: what is asked for meanwhile may have been drawn too
    // late for it.
    std::optional<std::uint64_t> answers_frame_;
    Time announced_at_{}, waiting_since_{};
};

}  // namespace hvfbd
