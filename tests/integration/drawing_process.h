#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "base/mapping.h"
#include "daemon_process.h"
#include "processes.h"

namespace hvfbd::testing {

// A client in a process of its own that draws for as long as it lives: a few single pixels, a moment of rest,
// and so on. It looks how long its stores take. Make it before the test has threads.
class DrawingProcess {
  public:
    // Draws on the buffer that was opened; `seed` chooses what. `as_nobody`: as a user without rights. Throws
    // std::system_error.
    DrawingProcess(DaemonProcess::Opened opened, std::uint64_t seed, bool as_nobody = false);
    DrawingProcess(const DrawingProcess&) = delete;
    DrawingProcess& operator=(const DrawingProcess&) = delete;
    ~DrawingProcess();

    // Returns when it has stored its last pixel for now. Throws std::runtime_error if it has ended.
    void pause();
    void go_on();
    // Lets it end; what it heard of the daemon in all the time, HVFB_EVENT_ bits. Once.
    int end();

    const Layout& layout() const { return layout_; }
    const std::uint32_t* pixels() const;  // that it draws on

    std::uint64_t stores() const { return shared_->stores.load(); }
    // Of one store.
    Duration longest() const { return Duration(shared_->longest.load()); }
    // The same without the time in which it, or the library's thread that it waited for, stood in the queue
    // for a processor: what somebody else's work on the memory made it wait.
    Duration longest_blocked() const { return Duration(shared_->longest_blocked.load()); }

    // A store that took longer than 10 ms; `queued` of it as above. The first few are kept.
    struct SlowStore {
        Time from, until;
        Duration queued;
    };
    std::span<const SlowStore> slow_stores() const {
        return {shared_->slow.data(), shared_->slow_count.load()};
    }

  private:
    // What both processes see.
    struct State {
        std::atomic<bool> to_pause{false};
        std::atomic<std::uint64_t> stores{0};
        std::atomic<std::int64_t> longest{0}, longest_blocked{0};
        std::atomic<int> heard{0};
        std::atomic<std::size_t> slow_count{0};
        std::array<SlowStore, 256> slow;
    };
    static int draw(DaemonProcess::Opened opened, std::uint64_t seed, State& shared,
                    const Descriptor& control);

    Layout layout_;
    Mapping buffer_;
    Shared<State> shared_ = Shared<State>::make();
    Descriptor control_;
    pid_t pid_;
};

}  // namespace hvfbd::testing
