#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "monotonic.h"
#include "tracking/action.h"
#include "tracking/constants.h"
#include "tracking/granules.h"
#include "tracking/pages.h"
#include "tracking/token_bucket.h"

namespace hvfb {

// Decides how the buffer is watched: the states of the tracker, and what faults, collections and comparisons
// lead to. Pure: it knows no kernel and no channel; `now` must not go backwards. The actions are the policy's
// until the next call, except of scanned and report, and must be carried out at once, in their order. Takes
// all its memory in start.
//
// Why no store is lost: a page is in one of three conditions. Protected: a store is announced, or found by a
// scan. Open, and in every report until it is protected again. Or everything is owed to the next report. A
// page becomes protected before it is reported, never after: a store that comes between the two is reported
// once too often instead of never.
class Policy {
  public:
    Policy() = default;
    Policy(const Policy&) = delete;
    Policy& operator=(const Policy&) = delete;
    ~Policy();

    // Begins, off, for a buffer of `pages` of `page_size` bytes each. False: no memory.
    [[nodiscard]] bool start(std::uint32_t pages, std::uint32_t page_size, Capabilities capabilities,
                             const Prices& prices = {});

    TrackerState state() const { return state_; }
    Watch watch() const { return watch_; }
    // When it was last known that something is written.
    Nanoseconds last_activity() const { return last_activity_; }

    // What the daemon wants.
    std::span<const Action> want(Tracking tracking, Nanoseconds idle_timeout, Nanoseconds now);
    // A thread waits, or waited, to store into this page.
    std::span<const Action> fault(std::uint32_t page, Nanoseconds now);
    // Whether the program has stored beyond what its first store opened. It may go on storing into what is
    // open, unseen.
    bool in_burst() const;
    // Protects what is open, so that it is seen whether it goes on. Nothing is reported.
    std::span<const Action> watch_burst(Nanoseconds now);
    // These pages of the last report had changed. Call for each run, before collect.
    void differed(Pages run, Nanoseconds now);
    // What was written is to be reported: first these actions, then those of conclude.
    std::span<const Action> collect(Nanoseconds now);
    void scanned(Pages run);
    std::span<const Action> conclude(Nanoseconds now);
    Report report();
    // The kernel does more for this process than it did.
    std::span<const Action> gain(Capabilities capabilities, const Prices& prices, Nanoseconds now);
    // From now on no store may wait for the thread.
    std::span<const Action> forgo_announcements(Nanoseconds now);
    // The kernel no longer does as it should: nothing is protected any more, and nothing will be.
    std::span<const Action> lose();

  private:
    // A range that faults opened while resting.
    struct Opening {
        Pages pages;
        Nanoseconds since;
    };
    static constexpr std::size_t openings_max = 8;

    void begin() { action_count_ = 0; }
    void act(const Action& action) { actions_[action_count_++] = action; }
    std::span<const Action> actions() const { return actions_.first(action_count_); }
    Pages all() const { return {0, pages_}; }
    Pages around(std::uint32_t page, unsigned fault) const;
    bool opened(std::uint32_t page) const;
    void enter(TrackerState state, Watch watch, Nanoseconds now);
    void settle(Nanoseconds now);  // enters what the wish and the capabilities lead to
    void protect_openings(Nanoseconds now);
    void scan_cold();
    bool reserve(std::size_t count);
    bool may_rest() const { return tracking_ == Tracking::automatic && capabilities_.announce; }

    std::uint32_t pages_ = 0, page_size_ = 1;
    Capabilities capabilities_;
    Tracking tracking_ = Tracking::off;
    Nanoseconds idle_timeout_ = 0;
    TrackerState state_ = TrackerState::off;
    Watch watch_ = Watch::none;

    PageSet owed_;  // to the next report
    bool everything_owed_ = true;
    bool announced_ = false;  // since the last report
    Nanoseconds last_activity_ = 0;

    // Resting.
    std::array<Opening, openings_max> openings_;
    std::size_t opening_count_ = 0;
    unsigned faults_ = 0;             // since the last report
    bool opened_everything_ = false;  // likewise
    bool burst_watched_ = false;      // and since then no store came
    bool too_many_ = false;           // such frames: go on by scanning, or comparing
    TokenBucket bucket_{constants::bucket_size, constants::bucket_refill_per_second};

    // Scanning.
    Granules granules_;
    bool found_ = false;      // by this collection's scans
    bool only_open_ = false;  // see Report

    // Enough for a scan of every other granule, or for what goes with every opening.
    std::span<Action> actions_;
    std::size_t action_count_ = 0;
};

}  // namespace hvfb
