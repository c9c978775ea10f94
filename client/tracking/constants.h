#pragma once

#include <cstddef>
#include <cstdint>

#include "common/constant.h"
#include "monotonic.h"

// Every number that the tracker decides by. They were measured at 1920x1080 on two virtual cores, on
// Linux 6.18.
namespace hvfb::constants {

inline constexpr Nanoseconds millisecond = 1'000'000;
inline constexpr std::uint32_t kibibyte = 1024;

// What means memory is in bytes, and becomes pages of the machine's size by this: at least one.
constexpr std::uint32_t pages_of(std::uint32_t bytes, std::uint32_t page_size) {
    return bytes < page_size ? 1 : bytes / page_size;
}

// A fault while resting opens as much before the page, and so much from its begin on. With 112 KiB after, a
// blinking cursor takes two faults; with 496 it takes one, as with 240, and a quarter more CPU time to
// protect and compare.
HVFB_CONSTANT(std::uint32_t, bytes_before_fault, 16 * kibibyte);
HVFB_CONSTANT(std::uint32_t, bytes_after_fault, 240 * kibibyte);

// This fault after a collection opens everything: a fault that the thread serves is 26-60 us, a page found by
// the kernel alone 1 us.
HVFB_CONSTANT(unsigned, faults_until_everything, 4);
// A frame that opened everything empties the bucket of such frames by so many more.
HVFB_CONSTANT(unsigned, tokens_of_everything, 2);

// An opened range stays open over a collection that comes sooner than this: the woken thread has not stored
// yet, and would fault again and again. A wake-up is 40-60 us.
HVFB_CONSTANT(Nanoseconds, landing_time, 100'000);

// Frames that may be found by faults before scanning is cheaper. A switch to scanning and back costs about 3
// ms of CPU time, a fault-around 0.11 ms. Refilled 30 a second typing never scans, but pays 94 us a glyph.
HVFB_CONSTANT(unsigned, bucket_size, 8);
HVFB_CONSTANT(unsigned, bucket_refill_per_second, 10);

// Memory that is left open, or protected again, together. With 4 KiB the scans around it cost 233 us a frame;
// a granule of 256 KiB is 6 times dearer for scattered pixels.
HVFB_CONSTANT(std::uint32_t, granule_bytes, 64 * kibibyte);
// Where much of a block was written at once it is treated as a whole: fewer and longer scans. A moving window
// of 200x200 costs 17.8 ms of CPU time a second instead of 28.5. One page is never much: it may be one pixel.
HVFB_CONSTANT(std::uint32_t, block_bytes, 256 * kibibyte);
HVFB_CONSTANT(std::uint32_t, block_written_bytes, 32 * kibibyte);
HVFB_CONSTANT(std::uint32_t, block_written_least_pages, 2);

// Fewer pages than this written between two scans, or than a quarter of the buffer where that is less, make
// nothing hot: a fault for each of them is cheaper than to compare all around them in every frame. How many
// that are depends on what a fault costs, which differs by twenty times between machines: as many as cost
// this much together. These are pages and not bytes, for each is a fault, which costs the same for a page of
// any size.
HVFB_CONSTANT(Nanoseconds, accepted_faults, 512'000);
HVFB_CONSTANT(std::uint32_t, hot_from_least, 24);
HVFB_CONSTANT(std::uint32_t, hot_from_most, 512);
HVFB_CONSTANT(std::uint32_t, hot_from_part, 4);
// `fault_cost` 0: not known.
constexpr std::uint32_t hot_from(Nanoseconds fault_cost) {
    if (fault_cost == 0) return hot_from_most;
    const Nanoseconds pages = accepted_faults / fault_cost;
    if (pages < hot_from_least) return hot_from_least;
    return pages < hot_from_most ? static_cast<std::uint32_t>(pages) : hot_from_most;
}

// Written twice within this: hot, that is left open and compared. Counted in frames instead of time, a
// program slower than the refresh limit would fault for ever.
HVFB_CONSTANT(Nanoseconds, hot_window, 300 * millisecond);
// Unchanged this long: cold, that is protected again. 100 ms and 1 s differ by a quarter of the daemon's CPU
// time at most.
HVFB_CONSTANT(Nanoseconds, cold_after, 250 * millisecond);

// Reports that are not asked for: at most one each of these, whatever the limit; and while nothing is found,
// as seldom as that. Twice as long after each empty one, but not before so many in a row: a typist leaves
// gaps.
HVFB_CONSTANT(Nanoseconds, shortest_interval, millisecond);
HVFB_CONSTANT(Nanoseconds, slowest_interval, 50 * millisecond);
HVFB_CONSTANT(unsigned, empty_until_slower, 4);
// Where no store can be announced it never rests; when nothing was found for that long, it reports as seldom
// as a display without any tracker is compared. A typist thinks less long.
HVFB_CONSTANT(Nanoseconds, restless_after, 2500 * millisecond);
HVFB_CONSTANT(Nanoseconds, restless_interval, 250 * millisecond);
// A report finds something if that was known to be written this lately; the daemon says less often what
// differed.
HVFB_CONSTANT(Nanoseconds, busy_for, 120 * millisecond);

// The daemon's alarm rings this long after a report was due. Later than a busy machine lets this thread run,
// or the daemon wakes twice for a frame.
HVFB_CONSTANT(Nanoseconds, alarm_after_due, 10 * millisecond);

// A debugger that has come since the last check may hold the thread while a store waits: the thread checks
// after a fault, at most so often. 15 us each.
HVFB_CONSTANT(Nanoseconds, between_debugger_checks, 1000 * millisecond);

// How often the thread checks whether it is to end, where the program has closed what wakes it.
HVFB_CONSTANT(Nanoseconds, check_if_unwakeable, 250 * millisecond);

// Where the daemon has not said otherwise. 50 to 500 ms made no difference that could be measured.
HVFB_CONSTANT(Nanoseconds, idle_timeout, 250 * millisecond);

}  // namespace hvfb::constants
