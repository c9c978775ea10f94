#include "tracking/policy.h"

#include <algorithm>
#include <cstdlib>

#include "tracking/constants.h"
#include "tracking/mutation.h"

namespace hvfb {

using Kind = Action::Kind;

Policy::~Policy() {
    std::free(actions_.data());
}

bool Policy::start(std::uint32_t pages, std::uint32_t page_size, Capabilities capabilities,
                   const Prices& prices) {
    pages_ = pages;
    page_size_ = page_size;
    capabilities_ = capabilities;
    tracking_ = Tracking::off;
    state_ = TrackerState::off;
    watch_ = Watch::none;
    faults_ = 0;
    opened_everything_ = burst_watched_ = false;
    bucket_ = TokenBucket(constants::bucket_size, constants::bucket_refill_per_second);
    return owed_.resize(pages) && granules_.resize(pages, page_size, prices) &&
           reserve(std::max(granules_.count(), openings_max));
}

bool Policy::reserve(std::size_t count) {
    std::free(actions_.data());
    auto* memory = static_cast<Action*>(std::calloc(count, sizeof(Action)));
    actions_ = memory ? std::span(memory, count) : std::span<Action>();
    return memory;
}

std::span<const Action> Policy::want(Tracking tracking, Nanoseconds idle_timeout, Nanoseconds now) {
    begin();
    idle_timeout_ = idle_timeout;
    if (tracking != tracking_) {
        tracking_ = tracking;
        settle(now);
    }
    return actions();
}

void Policy::settle(Nanoseconds now) {
    const bool announce = capabilities_.announce, scan = capabilities_.scan;
    if (tracking_ == Tracking::off) {
        const bool watched = watch_ != Watch::none;
        enter(TrackerState::off, Watch::none, now);
        if (watched) act({.kind = Kind::populate, .pages = all()});
        return;
    }
    if (tracking_ == Tracking::compare) {
        enter(TrackerState::comparing, Watch::none, now);
        act({.kind = Kind::populate, .pages = all()});
    } else if (announce && tracking_ != Tracking::scan)
        enter(TrackerState::resting, Watch::synchronous, now);
    else if (scan && tracking_ != Tracking::fault)
        enter(TrackerState::scanning, Watch::asynchronous, now);
    else
        enter(TrackerState::polled, Watch::none, now);
    announced_ = true;
    act({.kind = Kind::announce});
}

void Policy::enter(TrackerState state, Watch watch, Nanoseconds now) {
    if (watch != watch_)
        act({.kind = Kind::switch_watch, .watch = watch});
    else if (watch != Watch::none && state != TrackerState::comparing)
        act({.kind = Kind::protect, .pages = all()});
    state_ = state;
    watch_ = watch;
    opening_count_ = 0;
    too_many_ = false;
    granules_.forget();
    last_activity_ = now;
    if (!mutated(Mutation::no_whole_report_after_change)) everything_owed_ = true;
}

std::span<const Action> Policy::fault(std::uint32_t page, Nanoseconds now) {
    begin();
    page = std::min(page, pages_ - 1);
    // Another fault has opened the page already. Its thread has to be woken all the same: the kernel leaves
    // an unprotected page unwritable until the next store, and lets who comes in between wait.
    if (state_ != TrackerState::resting || opened(page)) {
        act({.kind = Kind::unprotect, .pages = {page, 1}});
        return actions();
    }
    burst_watched_ = false;
    const bool first = faults_++ == 0;
    if (first && tracking_ == Tracking::automatic) too_many_ = !bucket_.take(now);
    Pages pages = around(page, faults_);
    if (too_many_ || faults_ >= constants::faults_until_everything || opening_count_ == openings_max) {
        pages = all();
        opening_count_ = 0;
        const bool again = opened_everything_;
        opened_everything_ = true;
        if (tracking_ == Tracking::automatic && !again && !bucket_.take(now, constants::tokens_of_everything))
            too_many_ = true;
    }
    openings_[opening_count_++] = {pages, now};
    // Before the store may land: a debugger may stop the program right behind it, and with it whoever
    // announces.
    if (!announced_) act({.kind = Kind::announce, .pages = pages});
    announced_ = true;
    act({.kind = Kind::unprotect, .pages = pages, .from = page});
    return actions();
}

Pages Policy::around(std::uint32_t page, unsigned fault) const {
    // Each further fault before a collection opens twice as much.
    const unsigned factor = 1u << (std::min(fault, constants::faults_until_everything) - 1);
    // The whole is the same where pages are too large for what is to be before it.
    const std::uint32_t lead = constants::bytes_before_fault * factor / page_size_;
    const std::uint32_t whole = constants::pages_of(
        (constants::bytes_before_fault + constants::bytes_after_fault) * factor, page_size_);
    const std::uint32_t before = std::min(page, lead), after = std::min(pages_ - page, whole - lead);
    return {page - before, before + after};
}

bool Policy::opened(std::uint32_t page) const {
    return std::any_of(openings_.begin(), openings_.begin() + opening_count_,
                       [page](const Opening& opening) { return opening.pages.contains(page); });
}

bool Policy::in_burst() const {
    return state_ == TrackerState::resting && faults_ > 1 && !burst_watched_ && !too_many_;
}

std::span<const Action> Policy::watch_burst(Nanoseconds now) {
    begin();
    if (state_ == TrackerState::resting) protect_openings(now);
    burst_watched_ = true;
    return actions();
}

void Policy::differed(Pages run, Nanoseconds now) {
    if (run.count == 0) return;
    last_activity_ = now;
    granules_.differed(run, now);
}

std::span<const Action> Policy::collect(Nanoseconds now) {
    begin();
    const bool only_open = only_open_;
    found_ = only_open_ = false;
    if (state_ == TrackerState::resting) {
        if (too_many_ && capabilities_.scan)
            enter(TrackerState::scanning, Watch::asynchronous, now);
        else if (too_many_)
            enter(TrackerState::comparing, Watch::synchronous, now);
        else if (!mutated(Mutation::report_before_protect))
            protect_openings(now);
    } else if (state_ == TrackerState::scanning) {
        granules_.cool(now, only_open);
        scan_cold();
    }
    return actions();
}

void Policy::protect_openings(Nanoseconds now) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < opening_count_; ++i) {
        owed_.add(openings_[i].pages);
        if (now - openings_[i].since < constants::landing_time)
            openings_[kept++] = openings_[i];
        else
            act({.kind = Kind::protect, .pages = openings_[i].pages});
    }
    opening_count_ = kept;
}

void Policy::scan_cold() {
    granules_.each_cold([this](Pages run) {
        // mutants: a broken variant that only tests have.
        if (mutated(Mutation::protect_after_report_when_cold) && granules_.cooled(run.first)) return;
        act({.kind = Kind::scan, .pages = run});
    });
}

void Policy::scanned(Pages run) {
    // mutants: a broken variant that only tests have.
    if (mutated(Mutation::protect_after_report_when_cold) && granules_.cooled(run.first)) return;
    owed_.add(run);
    if (granules_.written(run)) found_ = true;
}

std::span<const Action> Policy::conclude(Nanoseconds now) {
    begin();
    if (found_) last_activity_ = now;
    const bool idle = may_rest() && !found_ && now - last_activity_ >= idle_timeout_;
    if (state_ == TrackerState::scanning) {
        only_open_ = owed_.empty();
        granules_.each_hot([this](Pages run) { owed_.add(run); });
        granules_.each_cooled([this](Pages run) {
            owed_.add(run);
            only_open_ = false;
        });
        granules_.promote(now);
        if (idle && !everything_owed_) enter(TrackerState::resting, Watch::synchronous, now);
    } else if (state_ != TrackerState::resting) {
        everything_owed_ = true;
        if (idle) enter(TrackerState::resting, Watch::synchronous, now);
    }
    act({.kind = Kind::report});
    if (state_ == TrackerState::scanning)
        granules_.each_fresh([this](Pages run) { act({.kind = Kind::populate, .pages = run}); });
    // mutants: a broken variant that only tests have. What was protected already is not there any more.
    if (mutated(Mutation::report_before_protect)) protect_openings(now);
    if (mutated(Mutation::protect_after_report_when_cold))
        granules_.each_cooled([this](Pages run) { act({.kind = Kind::scan, .pages = run}); });
    return actions();
}

Report Policy::report() {
    Report report{.everything = everything_owed_,
                  .unprotected = state_ != TrackerState::resting || opening_count_ > 0,
                  .only_open = only_open_ && !everything_owed_,
                  .state = state_,
                  .faults = faults_,
                  .pages = {}};
    if (!report.everything) owed_.each([&](Pages run) { report.pages.add(run); });
    owed_.clear();
    everything_owed_ = false;
    faults_ = 0;
    opened_everything_ = burst_watched_ = false;
    announced_ = false;
    return report;
}

std::span<const Action> Policy::gain(Capabilities capabilities, const Prices& prices, Nanoseconds now) {
    begin();
    granules_.price(prices);
    capabilities_ = capabilities;
    settle(now);
    return actions();
}

std::span<const Action> Policy::forgo_announcements(Nanoseconds now) {
    begin();
    capabilities_.announce = false;
    settle(now);
    return actions();
}

std::span<const Action> Policy::lose() {
    begin();
    capabilities_ = {};
    watch_ = Watch::none;
    settle(last_activity_);
    return actions();
}

}  // namespace hvfb
