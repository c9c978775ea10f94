#include "simulated_memory.h"

#include <gtest/gtest.h>

namespace hvfb {

SimulatedMemory::SimulatedMemory(std::uint32_t pages, Capabilities capabilities, unsigned seed,
                                 std::uint32_t page_size)
    : random_(seed), pages_(pages), content_(pages, 0), front_(pages, 0), protected_(pages, false) {
    EXPECT_TRUE(policy.start(pages, page_size, capabilities, {.fault = 48, .compare = 1}));
}

std::uint32_t SimulatedMemory::any(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
}

void SimulatedMemory::want(Tracking tracking, Nanoseconds idle_timeout) {
    perform(policy.want(tracking, idle_timeout, now));
}

void SimulatedMemory::run_threads() {
    for (std::uint32_t i = any(4); i > 0; --i)
        step(threads_[any(static_cast<std::uint32_t>(threads_.size()))]);
}

void SimulatedMemory::serve_a_fault() {
    if (faults_.empty()) return;
    const std::uint32_t page = faults_.front();
    faults_.erase(faults_.begin());
    perform(policy.fault(page, now));
}

void SimulatedMemory::watch_burst() {
    if (policy.in_burst()) perform(policy.watch_burst(now));
}

void SimulatedMemory::collect() {
    for (const Pages& run : differed_) policy.differed(run, now);
    differed_.clear();
    damaged = false;
    reports_ = 0;
    perform(policy.collect(now));
    perform(policy.conclude(now));
    EXPECT_EQ(reports_, 1);
}

void SimulatedMemory::come_to_rest() {
    storing_ = false;
    for (int round = 0; round < 400; ++round) {
        while (!faults_.empty()) serve_a_fault();
        for (Thread& thread : threads_) step(thread);
        if (!faults_.empty()) continue;
        const bool rests = policy.state() == TrackerState::resting;
        // Where it never rests a few collections have to do.
        if (!damaged && !(unprotected && (rests || round < 40))) break;
        collect();
        now += 20'000'000;
    }
    storing_ = true;
}

std::size_t SimulatedMemory::lost() const {
    std::size_t count = 0;
    for (std::uint32_t page = 0; page < pages_; ++page) count += content_[page] != front_[page];
    return count;
}

void SimulatedMemory::step(Thread& thread) {
    if (thread.state == Thread::waiting) return;
    if (thread.state == Thread::idle) {
        if (!storing_) return;
        // Some pages are written more often than others.
        thread.page = any(2) ? any(pages_) : (favourite_ + any(20)) % pages_;
        if (any(200) == 0) favourite_ = any(pages_);
    }
    thread.state = Thread::idle;
    if (watch_ == Watch::synchronous && protected_[thread.page]) {
        thread.state = Thread::waiting;
        faults_.push_back(thread.page);
        return;
    }
    protected_[thread.page] = false;
    ++content_[thread.page];
}

void SimulatedMemory::wake(Pages run) {
    for (Thread& thread : threads_)
        if (thread.state == Thread::waiting && run.contains(thread.page)) thread.state = Thread::storing;
}

void SimulatedMemory::set_protected(Pages run, bool on) {
    EXPECT_LE(run.end(), pages_);
    for (std::uint32_t page = run.first; page < run.end(); ++page) protected_[page] = on;
}

void SimulatedMemory::perform(std::span<const Action> actions) {
    for (const Action& action : actions) {
        run_threads();
        carry_out(action);
        run_threads();
    }
}

void SimulatedMemory::carry_out(const Action& action) {
    switch (action.kind) {
        case Action::Kind::switch_watch:
            switch_watch(action.watch);
            break;
        case Action::Kind::protect:
            EXPECT_NE(watch_, Watch::none);
            set_protected(action.pages, true);
            break;
        case Action::Kind::unprotect:
            EXPECT_EQ(watch_, Watch::synchronous);
            set_protected(action.pages, false);
            wake(action.pages);
            EXPECT_TRUE(action.pages.contains(action.from));
            populate(action.pages);
            break;
        case Action::Kind::populate:
            populate(action.pages);
            break;
        case Action::Kind::scan:
            EXPECT_EQ(watch_, Watch::asynchronous);
            scan(action.pages);
            break;
        case Action::Kind::announce:
            damaged = true;
            break;
        case Action::Kind::report:
            take(policy.report());
            break;
    }
}

void SimulatedMemory::switch_watch(Watch watch) {
    watch_ = Watch::none;
    wake({0, pages_});
    faults_.clear();
    run_threads();
    watch_ = watch;
    protected_.assign(pages_, false);
    run_threads();
    if (watch_ != Watch::none) protected_.assign(pages_, true);
}

// As a store into each page that changes nothing. A page that is protected synchronously would stop the
// tracker's thread for ever.
void SimulatedMemory::populate(Pages run) {
    EXPECT_LE(run.end(), pages_);
    for (std::uint32_t page = run.first; page < run.end(); ++page) {
        if (any(16) == 0) run_threads();
        EXPECT_FALSE(watch_ == Watch::synchronous && protected_[page]) << page;
        protected_[page] = false;
    }
}

void SimulatedMemory::scan(Pages run) {
    EXPECT_LE(run.end(), pages_);
    for (std::uint32_t page = run.first; page < run.end(); ++page) {
        if (any(4) == 0) run_threads();
        if (protected_[page]) continue;
        protected_[page] = true;
        policy.scanned({page, 1});
    }
}

// The daemon copies at once: whatever is stored later has to be reported again.
void SimulatedMemory::take(const Report& report) {
    ++reports_;
    unprotected = report.unprotected;
    EXPECT_LE(report.pages.runs().size(), 64u);
    const Pages all = {0, pages_};
    std::uint32_t end = 0;
    for (const Pages& run : report.everything ? std::span(&all, 1) : report.pages.runs()) {
        EXPECT_GE(run.first, end);
        EXPECT_LE(run.end(), pages_);
        end = run.end();
        for (std::uint32_t page = run.first; page < run.end(); ++page) {
            if (front_[page] != content_[page] && tell_what_differed) differed_.push_back({page, 1});
            front_[page] = content_[page];
        }
    }
}

}  // namespace hvfb
