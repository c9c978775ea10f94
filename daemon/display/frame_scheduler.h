#pragma once

#include <optional>

#include "base/running_timer.h"
#include "base/time.h"
#include "display/back_off.h"
#include "display/recheck.h"

namespace hvfbd {

// What the active surface's client has said of its damage, and how more of it becomes known.
struct DamageSource {
    bool exists = false;           // there is an active surface
    bool tracked = false;          // its client answers COLLECT
    bool whole = false;            // everything is compared: its stores are found in no other way
    bool polled = false;           // because it has no tracker
    bool unprotected = false;      // a store would not be announced now
    bool reports = false;          // damage, without being asked
    bool scans = false;            // a reporting client that finds its stores by itself
    bool can_rest = false;         // it announces stores once it has made none for a while
    bool will_rest = false;        // and nothing keeps it from that
    bool answer_owed = false;      // to COLLECT
    bool reported = false;         // there is damage that it reported by itself, and waits for no frame
    bool hinted = false;           // there is damage to compare
    bool frame_requested = false;  // by FRAME
    std::optional<Time> damaged_since;
};

// When to do what, for one display: every time between a client's store and its present. Events and `now` in,
// the next action out. Pure: it knows nothing of the kernel, the bus, the log and surfaces.
//
// A frame is: collect (ask the client for damage), wait for its answer at most a frame, compare, present.
// A client that has no tracker, or reports by itself, is not asked. One throttle serves all sources.
class FrameScheduler {
  public:
    // A client's open frame inhibits no longer than this, while this process could run.
    static constexpr Duration longest_open_frame = std::chrono::milliseconds(100);
    // Comparisons that find nothing, again and again, are not free: a client that announces for nothing gets
    // no more than these, whatever the limit. Refused presents neither.
    static constexpr Duration empty_interval = std::chrono::milliseconds(10);
    // A client that reports by itself is asked all the same where it announced and then said nothing for
    // longer than this: it may have been stopped.
    static constexpr Duration report_timeout = std::chrono::milliseconds(10);
    // A client that is stopped while it scans is compared no longer than this: it cannot draw.
    static constexpr Duration longest_unanswered = std::chrono::seconds(1);

    struct Settings {
        Duration interval{};  // shortest time between two presents; 0: unthrottled
        Duration settle{};    // from the announcement to its present, so that a burst becomes one frame
        bool periodic = false;
    };
    // Reasons not to present. no_front: there is no memory for a picture of the output's mode.
    enum class Inhibitor : unsigned { hidden, no_front, client_frame };
    enum class State { resting, waiting, held, collecting, comparing, presenting };
    enum class Presented { nothing, done, refused };

    struct Action {
        enum class Kind { rest, wake, collect, compare, present } kind = Kind::rest;
        Time at{};            // of wake
        bool begins = false;  // of collect and compare: it is the first of a frame
        // Of compare:
        bool damage = false;   // what is hinted
        bool whole = false;    // all of it, hinted or not
        bool sampled = false;  // a sampled compare first, of what is only open
        bool recheck = false;  // what recheck_area() says, before that

        bool operator==(const Action&) const = default;
    };

    // ---- what to do now. What it answers counts as begun; the events below say what became of it.
    Action next(const DamageSource& source, Time now);
    // The last frame, whatever inhibits: waits for nobody. Its comparison.
    Action flush(const DamageSource& source, Time now);
    State state() const { return state_; }

    // ---- what became of compare and present
    void rechecked(bool found, Time now) { recheck_.compared(found, now); }
    // All that was hinted was compared: not where a sampled compare showed nothing.
    void compared_in_full(Time now) { compared_in_full_ = now; }
    // It is compared again, for some seconds.
    void recheck_later(const DamageHints& where, const Layout& layout, bool suspicious, Time now) {
        recheck_.reported(where, layout, suspicious, now);
    }
    void compared(bool found);
    void presented(Presented presented, Time now);
    // An exception ended the frame: all is compared anew.
    void frame_failed(Time now);

    // ---- what happens outside of frames
    // At the beginning, and whenever they change.
    void settings_changed(const Settings& settings);
    void inhibit(Inhibitor inhibitor, bool on);
    bool inhibited(Inhibitor inhibitor) const { return inhibitors_ >> static_cast<unsigned>(inhibitor) & 1U; }
    // Since when the active client has a frame open. False: for too long, it inhibits no more.
    bool frame_open(std::optional<Time> since, Time now);
    // Another surface is the active one.
    void surface_changed(Time now);
    // A frame is wanted then, whatever is known.
    void refresh(Time at) noexcept { compare_at_ = at; }

    // ---- questions
    // When the damage was announced that the frame under way is to show; none: it was not announced.
    std::optional<Time> announced_at() const { return frame_.announced ? frame_.begun_for : std::nullopt; }
    std::span<const Rectangle> recheck_area() { return recheck_.where(); }
    // Whether a reporting client is to be sent now which of its open pages differed.
    bool notify_compared(Time now);
    // How long a FRAME is waited for before it is said not to be shown.
    Duration frame_timeout(bool active) const;

  private:
    // Of the frame under way.
    struct Frame {
        // mutants: announced and found are written before they are read.
        bool announced = false, requested = false, only_recheck = false, found = false;
        std::optional<Time> begun_for;
    };

    bool collected(Time now);
    std::optional<Time> damaged_since() const;
    std::optional<Time> due(Time now) const;
    std::optional<Time> recheck_due() const;
    bool only_recheck(Time now) const;
    Action begin(Time now);
    Action compare(bool begins, Time now);
    Action wake(std::optional<Time> at, Time now) const;
    void plan_next(Time now);
    Duration fruitless_interval() const { return std::max(settings_.interval, empty_interval); }

    Settings settings_;
    DamageSource source_;
    State state_ = State::resting;
    unsigned inhibitors_ = 0;
    Frame frame_;
    bool whole_ = false;                  // the next comparison is of everything
    std::optional<Time> held_since_;      // damage of a frame that was held after its collection
    std::optional<Time> compare_at_;      // although nothing was announced
    std::optional<Time> last_present_;    // throttles the next one
    std::optional<Time> last_fruitless_;  // refused, or announced for nothing too often: throttles as well
    std::optional<Time> compared_in_full_, notified_compared_;
    BackOff back_off_;
    EmptyCompares empty_compares_;
    Recheck recheck_;                                 // of the active surface
    RunningTimer answer_{Duration{}, 2};              // runs while the answer to COLLECT is waited for
    RunningTimer unanswered_{longest_unanswered, 2};  // since the client has owed it for longer than a frame
    RunningTimer open_frame_{longest_open_frame, 4};
    std::optional<Time> open_frame_since_;
};

}  // namespace hvfbd
