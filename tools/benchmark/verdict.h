#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace hvfbd::bench {

// A figure beside its bar of DESIGN.md, section 8.
struct Verdict {
    std::string row;   // its number there, and a letter where a row has several figures
    std::string what;  // in words
    double value = 0, bar = 0;
    std::string unit;        // of both; empty: a ratio
    std::string comparison;  // the figures that the value was made of
    bool at_least = false;   // the value may not be below the bar, instead of above it

    bool met() const { return at_least ? value >= bar : value <= bar; }
    // The larger, the worse; above 1: not met.
    double part_of_bar() const;
    std::string bar_text() const;
};

// A figure with as many digits as mean something.
std::string figure(double value);

void print(const std::vector<Verdict>& verdicts, std::ostream& out);

}  // namespace hvfbd::bench
