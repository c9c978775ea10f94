#pragma once

#include <optional>

#include "match.h"

namespace hvfbd::bench {

// Processor time of a workload, in microseconds a second: of the thread that draws, while it draws; of the
// library's thread; and of the side that copies.
struct Whole {
    double drawing = 0, tracker = 0, daemon = 0;
    double sum() const { return drawing + tracker + daemon; }
};

Whole whole(const Sample& sample);

// What it would be where a page fault costs `fault_us`: the drawing is the floor's, which takes no faults,
// and the faults that were counted at that price. What tracker and daemon take is as measured.
Whole priced(const Sample& sample, const Sample& floor, double fault_us);

// From which price of a page fault on `tracked` costs less than `reference`, where one cost `fault_us`: by
// the faults that were counted, all else as measured. 0: at any price. Nothing where it takes nearly as many:
// libhvfb does something else where faults are that dear.
std::optional<double> cheaper_from_fault_us(const Sample& tracked, const Sample& reference, double fault_us);

}  // namespace hvfbd::bench
