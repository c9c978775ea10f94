#pragma once

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tracking/policy.h"

namespace hvfb {

// Memory with write-protection, threads that store into it at any moment, and a daemon that copies what is
// reported, all under a policy. Stores land between any two actions, and between any two pages of a scan.
class SimulatedMemory {
  public:
    SimulatedMemory(std::uint32_t pages, Capabilities capabilities, unsigned seed)
        : random_(seed), pages_(pages), content_(pages, 0), front_(pages, 0) {
        EXPECT_TRUE(policy.start(pages, capabilities));
    }

    Policy policy;
    Nanoseconds now = 1'000'000'000;

    std::uint32_t any(std::uint32_t below) {
        return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
    }

    void want(Tracking tracking, Nanoseconds idle_timeout) {
        perform(policy.want(tracking, idle_timeout, now));
    }

    // Some threads go a step on.
    void run_threads() {
        for (std::uint32_t i = any(4); i > 0; --i) step(threads_[any(threads_.size())]);
    }
    void serve_a_fault() {
        if (faults_.empty()) return;
        const std::uint32_t page = faults_.front();
        faults_.erase(faults_.begin());
        perform(policy.fault(page, now));
    }
    bool faulting() const { return !faults_.empty(); }

    // The daemon collects, copies what it is told, and says what had changed.
    void collect() {
        for (const Pages& run : differed_) policy.differed(run, now);
        differed_.clear();
        damaged = false;
        reports = 0;
        perform(policy.collect(now));
        perform(policy.conclude(now));
        EXPECT_EQ(reports, 1);
    }
    bool damaged = false, unprotected = false;
    int reports = 0;
    bool tell_what_differed = true;

    // No thread begins another store; those that wait go on, served and collected, until nothing is left to
    // do.
    void come_to_rest() {
        storing_ = false;
        for (int turn = 0; turn < 400; ++turn) {
            while (faulting()) serve_a_fault();
            for (Thread& thread : threads_) step(thread);
            if (faulting()) continue;
            const bool rests = policy.state() == TrackerState::resting;
            if (!damaged && !(unprotected && (rests || turn < 40))) break;
            collect();
            now += 20'000'000;
        }
        storing_ = true;
    }
    std::size_t lost() const {
        std::size_t count = 0;
        for (std::uint32_t page = 0; page < pages_; ++page) count += content_[page] != front_[page];
        return count;
    }
    void forgive() { front_ = content_; }
    std::size_t pages_reported = 0;

  private:
    struct Thread {
        std::uint32_t page = 0;
        enum { idle, storing, waiting } state = idle;
    };

    void step(Thread& thread) {
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

    void wake(Pages run) {
        for (Thread& thread : threads_)
            if (thread.state == Thread::waiting && run.contains(thread.page)) thread.state = Thread::storing;
    }

    void perform(std::span<const Action> actions) {
        for (const Action& action : actions) {
            run_threads();
            carry_out(action);
            run_threads();
        }
    }

    void carry_out(const Action& action) {
        const Pages all = {0, pages_};
        switch (action.kind) {
            case Action::Kind::switch_watch:
                watch_ = Watch::none;
                wake(all);
                faults_.clear();
                run_threads();
                watch_ = action.watch;
                protected_.assign(pages_, false);
                run_threads();
                if (watch_ != Watch::none) protected_.assign(pages_, true);
                break;
            case Action::Kind::protect:
                EXPECT_LE(action.pages.end(), pages_);
                for (std::uint32_t i = action.pages.first; i < action.pages.end(); ++i) protected_[i] = true;
                break;
            case Action::Kind::unprotect:
                EXPECT_LE(action.pages.end(), pages_);
                EXPECT_EQ(watch_, Watch::synchronous);
                for (std::uint32_t i = action.pages.first; i < action.pages.end(); ++i) protected_[i] = false;
                wake(action.pages);
                break;
            case Action::Kind::scan:
                EXPECT_EQ(watch_, Watch::asynchronous);
                for (std::uint32_t i = action.pages.first; i < action.pages.end(); ++i) {
                    if (any(4) == 0) run_threads();
                    if (protected_[i]) continue;
                    protected_[i] = true;
                    policy.scanned({i, 1});
                }
                break;
            case Action::Kind::announce:
                damaged = true;
                break;
            case Action::Kind::report:
                take(policy.report());
                break;
        }
    }

    void take(const Report& report) {
        ++reports;
        unprotected = report.unprotected;
        EXPECT_LE(report.pages.runs().size(), 64u);
        const Pages all = {0, pages_};
        std::uint32_t end = 0;
        for (const Pages& run : report.everything ? std::span(&all, 1) : report.pages.runs()) {
            EXPECT_GE(run.first, end);
            EXPECT_LE(run.end(), pages_);
            end = run.end();
            for (std::uint32_t page = run.first; page < run.end(); ++page) {
                ++pages_reported;
                if (front_[page] != content_[page] && tell_what_differed) differed_.push_back({page, 1});
                front_[page] = content_[page];
            }
        }
    }

    std::mt19937 random_;
    std::uint32_t pages_, favourite_ = 0;
    std::vector<unsigned> content_, front_;
    std::vector<bool> protected_ = std::vector<bool>(pages_, false);
    Watch watch_ = Watch::none;
    std::vector<Thread> threads_ = std::vector<Thread>(3);
    std::vector<std::uint32_t> faults_;
    std::vector<Pages> differed_;
    bool storing_ = true;
};

}  // namespace hvfb
