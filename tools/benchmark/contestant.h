#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <span>

#include "canvas.h"

namespace hvfbd::bench {

using Nanoseconds = std::uint64_t;

inline Nanoseconds monotonic_now() {
    return static_cast<Nanoseconds>(std::chrono::steady_clock::now().time_since_epoch().count());
}

inline void sleep_until(Nanoseconds time) {
    const timespec at{static_cast<time_t>(time / 1'000'000'000), static_cast<long>(time % 1'000'000'000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

// What the side that copies has done since it began.
struct Work {
    std::uint64_t presents = 0;
    std::uint64_t pixels_told = 0;
    std::uint64_t pixels_in_changed_tiles = 0;  // only hvfbd knows
    Nanoseconds processor_time = 0;
    Nanoseconds tracker_time = 0;  // only hvfbd's: of the library's thread in the program
    // Only hvfbd's: wake-ups of its loop, and where the time of a compare went.
    std::uint64_t wakeups = 0, compares = 0, pixels_compared = 0;
    Nanoseconds comparing = 0, reducing = 0, copying = 0, presenting = 0;
    void add_difference(const Work& before, const Work& after);
};

// One way to bring pixels from a program to a screen: memory to draw in, and a process that copies.
class Contestant {
  public:
    virtual ~Contestant() = default;
    virtual const char* name() const = 0;
    virtual const Canvas& canvas() const = 0;
    // Around each turn: what never rests would disturb the others.
    virtual void resume() {}
    virtual void pause() {}
    // Called right after a frame was drawn, outside of what is measured. hvfbd needs no such thing.
    virtual void drawn(std::span<const Box>) {}
    // Called after the picture before the first frame was drawn: waits until nothing is left to do for it.
    virtual void prepared() {}
    // At most so many presents a second.
    virtual void limit(unsigned presents_a_second) = 0;
    // Asked at the `beginning` of a stretch and at its end: what the asking itself costs the copying side
    // lies outside of it.
    virtual Work work(bool beginning) = 0;
};

}  // namespace hvfbd::bench
