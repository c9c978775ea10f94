#pragma once

#include <random>
#include <vector>

#include "tracking/policy.h"

namespace hvfb {

// Memory with write-protection, threads that store into it at any moment, and a daemon that copies what is
// reported, all under a policy. Stores land between any two actions, and between any two pages of a scan.
class SimulatedMemory {
  public:
    SimulatedMemory(std::uint32_t pages, Capabilities capabilities, unsigned seed,
                    std::uint32_t page_size = 4096);

    Policy policy;
    Nanoseconds now = 1'000'000'000;
    bool damaged = false, unprotected = false;  // what was announced to the daemon
    bool tell_what_differed = true;

    std::uint32_t any(std::uint32_t below);
    void want(Tracking tracking, Nanoseconds idle_timeout);
    // Some threads go a step on.
    void run_threads();
    void serve_a_fault();
    void watch_burst();
    // The daemon collects, copies what is reported, and says what had changed.
    void collect();
    // No thread begins another store; those that wait go on, served and collected, until nothing is left to
    // do.
    void come_to_rest();
    // Pages in which the daemon's copy differs, and that it does no more.
    std::size_t lost() const;
    void forgive() { front_ = content_; }

  private:
    struct Thread {
        std::uint32_t page = 0;
        enum { idle, storing, waiting } state = idle;
    };
    void step(Thread& thread);
    void wake(Pages run);
    void set_protected(Pages run, bool on);
    void perform(std::span<const Action> actions);
    void carry_out(const Action& action);
    void switch_watch(Watch watch);
    void scan(Pages run);
    void populate(Pages run);
    void take(const Report& report);

    std::mt19937 random_;
    std::uint32_t pages_, favourite_ = 0;
    std::vector<unsigned> content_, front_;
    std::vector<bool> protected_;
    Watch watch_ = Watch::none;
    std::vector<Thread> threads_ = std::vector<Thread>(3);
    std::vector<std::uint32_t> faults_;
    std::vector<Pages> differed_;
    bool storing_ = true;
    int reports_ = 0;
};

}  // namespace hvfb
