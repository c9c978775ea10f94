#pragma once

#include <cstddef>
#include <cstdint>

#include "monotonic.h"

// Every number that the tracker decides by. They were measured at 1920x1080 on two virtual cores, on
// Linux 6.18.
namespace hvfb::constants {

inline constexpr Nanoseconds millisecond = 1'000'000;

// A fault while resting opens this many pages before and after the page. With 28 after, a blinking cursor
// takes two faults; with 124 it takes one, as with 60, and a quarter more CPU time to protect and compare.
inline constexpr std::uint32_t pages_before_fault = 4;
inline constexpr std::uint32_t pages_after_fault = 60;

// This fault after a collection opens everything: a fault that the thread serves is 26-60 us, a page found by
// the kernel alone 1 us.
inline constexpr unsigned faults_until_everything = 4;
// A frame that opened everything empties the bucket of such frames by so many more.
inline constexpr unsigned tokens_of_everything = 2;

// An opened range stays open over a collection that comes sooner than this: the woken thread has not stored
// yet, and would fault again and again. A wake-up is 40-60 us.
inline constexpr Nanoseconds landing_time = 100'000;

// Frames that may be found by faults before scanning is cheaper. A switch to scanning and back costs about 3
// ms of CPU time, a fault-around 0.11 ms. Refilled 30 a second typing never scans, but pays 94 us a glyph.
inline constexpr unsigned bucket_size = 8;
inline constexpr unsigned bucket_refill_per_second = 10;

// Pages that are left open, or protected again, together. With one page the scans around them cost 233 us a
// frame; a granule of 64 is 6 times dearer for scattered pixels.
inline constexpr std::uint32_t granule_pages = 16;
// Where many pages of a block were written at once it is treated as a whole: fewer and longer scans. A moving
// window of 200x200 costs 17.8 ms of CPU time a second instead of 28.5.
inline constexpr std::uint32_t block_pages = 64;
inline constexpr std::uint32_t block_written_pages = 8;

// Less than this written between two scans, or a quarter of the buffer where that is less, makes nothing hot:
// a fault for each of these pages is cheaper than to compare all around them in every frame.
inline constexpr std::uint32_t hot_from_pages = 512, hot_from_part = 4;

// Written twice within this: hot, that is left open and compared. Counted in frames instead of time, a
// program slower than the refresh limit would fault for ever.
inline constexpr Nanoseconds hot_window = 300 * millisecond;
// Unchanged this long: cold, that is protected again. 100 ms and 1 s differ by a quarter of the daemon's CPU
// time at most.
inline constexpr Nanoseconds cold_after = 250 * millisecond;

// Reports that are not asked for: at most one each of these, whatever the limit; and while nothing is found,
// as seldom as that. Twice as long after each empty one, but not before so many in a row: a typist leaves
// gaps.
inline constexpr Nanoseconds shortest_interval = millisecond, slowest_interval = 50 * millisecond;
inline constexpr unsigned empty_until_slower = 4;
// A report finds something if that was known to be written this lately; the daemon says less often what
// differed.
inline constexpr Nanoseconds busy_for = 120 * millisecond;

// Where the daemon has not said otherwise. 50 to 500 ms made no difference that could be measured.
inline constexpr Nanoseconds idle_timeout = 250 * millisecond;

}  // namespace hvfb::constants
