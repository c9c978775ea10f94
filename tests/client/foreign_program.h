#pragma once

#include <sys/mman.h>
#include <sys/types.h>

#include <atomic>
#include <functional>
#include <string>

#include "scripted_daemon.h"

namespace hvfb {

// A program of somebody else's that draws, in a process of its own, and whose daemon is the test. What it
// does is a function that must return: a store, or a call of the library, that hangs is found out. Killed at
// the end.
class ForeignProgram {
  public:
    // What the two share.
    struct Shared {
        std::atomic<int> stage{0};   // the program's
        std::atomic<int> go{0};      // the test's
        std::atomic<int> result{0};  // of hvfb_surface_open
        std::atomic<unsigned> stores{0};
        std::atomic<bool> allowed{false};  // what the test asked of the kernel
    };
    struct Inside {
        Shared& shared;
        hvfb_surface* surface = nullptr;

        int open();
        void store(std::uint32_t page) {
            auto* const pixels = static_cast<std::uint32_t*>(hvfb_surface_pixels(surface));
            __atomic_fetch_add(pixels + page * 1024, 1, __ATOMIC_RELAXED);
            ++shared.stores;
        }
        // Tells the test that it is so far, and waits for it to say go.
        void reach(int stage);
    };

    explicit ForeignProgram(const std::function<void(Inside&)>& body);
    ~ForeignProgram();
    ForeignProgram(const ForeignProgram&) = delete;
    ForeignProgram& operator=(const ForeignProgram&) = delete;

    // False: it hangs, or is dead.
    bool reaches(int stage);
    void go(int stage) { shared.go = stage; }
    bool alive();
    // The status as waitpid gives it, when it has ended.
    int ended();
    // What the library's thread has used so far; 0: there is no such thread.
    std::uint64_t nanoseconds_of_thread() const;
    // Whether it uses a processor all the time.
    bool spins() const;
    pid_t thread() const;  // -1: none
    int policy_of_thread() const;
    // Lets the daemon's side say what it says first. False: nobody answers.
    bool begin();
    // The same, where it may have given up already.
    void want_tracking();
    // Whether a collection is answered with all of it, or with this page; or the surface is given up.
    bool reports_or_gives_up(std::uint32_t page);

    ScriptedDaemon daemon;
    Shared& shared;
    pid_t pid = -1;
    std::uint32_t state = 0;  // of the last report
    bool given_up = false;

  private:
    int status_ = -1;
};

}  // namespace hvfb
