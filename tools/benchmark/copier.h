#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>

#include "contestant.h"

namespace hvfbd::bench {

// A process that stands in for a daemon: it is kicked, waits for the end of the interval, and copies from
// shadow to scanout. What it copies is its `present`.
class Copier {
  public:
    // Shared with the process.
    struct Shared;
    // Runs in the process. Adds to the pixels it presented.
    using Present = std::function<void(Shared& shared)>;

    // When it copies: an interval after the first kick, as the 2019 driver does, or an interval after it
    // copied last.
    enum class Waits { after_kick, after_present };

    // Makes the memory. Call start() before the program has threads.
    Copier(int width, int height, Waits waits);
    ~Copier();
    Copier(const Copier&) = delete;
    Copier& operator=(const Copier&) = delete;
    void start(const Present& present);
    // Instead: it is never kicked, and runs so often. `present` returns whether something was presented.
    void start_loop(unsigned times_a_second, const std::function<bool(Shared& shared)>& present);

    const Canvas& canvas() const { return canvas_; }
    // Of the process: shadow as it sees it, and its own screen.
    const Canvas& scanout() const { return scanout_; }
    Shared& shared() { return *shared_; }
    // The first of an interval is heard, later ones are not.
    void kick();
    bool is_kicked() const;
    void limit(unsigned presents_a_second);
    // From now on it copies at once when it is kicked, and says when it has: see wait_until_presented().
    void measure_latency();
    // Until it has copied. False: not within the time.
    bool wait_until_presented(int timeout_ms);
    void signal(int number) const;
    Work work() const;

  private:
    [[noreturn]] void serve(const Present& present);

    Canvas canvas_, scanout_;
    Shared* shared_ = nullptr;
    Waits waits_;
    int kicked_ = -1, presented_ = -1;
    pid_t pid_ = -1;
};

struct Copier::Shared {
    static constexpr std::size_t most_boxes = 512;
    Nanoseconds interval, kicked_at;
    bool tells;
    std::uint64_t presents, pixels_told;
    unsigned pending;  // __atomic: written by both
    Box boxes[most_boxes];
    std::size_t box_count;
};

}  // namespace hvfbd::bench
