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

    // Makes the memory. Call start() before the program has threads.
    Copier(int width, int height);
    ~Copier();
    Copier(const Copier&) = delete;
    Copier& operator=(const Copier&) = delete;
    void start(const Present& present);

    const Canvas& canvas() const { return canvas_; }
    // Of the process: shadow as it sees it, and its own screen.
    const Canvas& scanout() const { return scanout_; }
    Shared& shared() { return *shared_; }
    // The first of an interval is heard, later ones are not.
    void kick();
    void limit(unsigned presents_a_second);
    Work work() const;

  private:
    [[noreturn]] void serve(const Present& present);

    Canvas canvas_, scanout_;
    Shared* shared_ = nullptr;
    int kicked_ = -1;
    pid_t pid_ = -1;
};

struct Copier::Shared {
    static constexpr std::size_t most_boxes = 64;
    Nanoseconds interval, kicked_at;
    std::uint64_t presents, pixels_told;
    unsigned pending;  // __atomic: written by both
    Box boxes[most_boxes];
    std::size_t box_count;
};

}  // namespace hvfbd::bench
