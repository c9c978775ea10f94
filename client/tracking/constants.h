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
// blinking cursor takes two faults; with 496 or 1008 it takes one, as with 240, and the daemon compares more.
HVFB_CONSTANT(std::uint32_t, bytes_before_fault, 16 * kibibyte);
HVFB_CONSTANT(std::uint32_t, bytes_after_fault, 240 * kibibyte);

// This fault after a collection opens everything: a fault that the thread serves is 26-60 us, a page found by
// the kernel alone 1 us.
HVFB_CONSTANT(unsigned, faults_until_everything, 4);
// A frame that opened everything empties the bucket of such frames by so many more.
HVFB_CONSTANT(unsigned, tokens_of_everything, 2);

// An opened range stays open over a collection that comes sooner than this: the woken thread has not stored
// yet, and would fault again and again. A wake-up is 40-60 us, and to populate 64 pages 10-60 us. With 100 us
// a change of 16x16 was told after 24 ms instead of 0.3 ms, where it is collected at once (SettleDelay 0).
HVFB_CONSTANT(Nanoseconds, landing_time, 500'000);

// Frames that may be found by faults before scanning is cheaper. A switch to scanning and back costs about 3
// ms of CPU time, a fault-around 0.11 ms. Refilled 30 a second typing never scans, but pays 94 us a glyph.
HVFB_CONSTANT(unsigned, bucket_size, 8);
HVFB_CONSTANT(unsigned, bucket_refill_per_second, 10);

// Memory that is left open, or protected again, together. With 4 KiB the scans around it cost 233 us a frame;
// a granule of 256 KiB is 6 times dearer for scattered pixels.
HVFB_CONSTANT(std::uint32_t, granule_bytes, 64 * kibibyte);
// The daemon sends COMPARED every 50 ms while it finds differences. What none has named for this long did not
// differ.
HVFB_CONSTANT(Nanoseconds, compared_within, 120 * millisecond);
// A report costs so many times what it costs to wake up after 100 us: who wakes after an interval finds cold
// caches (60 us for 17, where both were measured), and the report wakes the daemon, which reads, compares and
// sets its timer. Measured: 140 us in the daemon, where a wake-up was 17-28 us.
HVFB_CONSTANT(unsigned, wake_ups_in_a_report, 5);

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
