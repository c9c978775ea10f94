#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "latency.h"
#include "rows.h"

namespace hvfbd::bench {

// All that was measured.
struct Report {
    std::string machine;    // what it was measured on, in a line
    double fault_us = 0;    // what a page fault costs there
    Matches matches, tall;  // `tall`: of 3840x2160
    std::vector<Verdict> verdicts;
    std::vector<Latency> latencies;
};

// For a terminal; `stages`: also where the daemon's time goes.
void print(const Report& report, bool stages, std::ostream& out);
// What docs/performance.md starts with.
void print_markdown(const Report& report, std::ostream& out);
// Of it the table of other programs; `alone`: says where it was measured, and has reference and floor beside
// them.
void print_others_in_markdown(const Report& report, bool alone, std::ostream& out);
void print_json(const Report& report, std::ostream& out);

// Kernel, processor and how many of them.
std::string this_machine();

}  // namespace hvfbd::bench
