#pragma once

#include <string>
#include <vector>

#include "contestant.h"
#include "workload.h"

namespace hvfbd::bench {

// What one contestant did of one workload at one limit.
struct Sample {
    std::vector<double> draw_us;  // one a frame
    std::uint64_t frames = 0, faults = 0;
    double seconds = 0;
    Nanoseconds drawing_time = 0;  // processor time of the thread that draws
    Work work;
    std::vector<double> us_a_present;  // one a round
    // Tracking takes its time a present, however many frames are drawn between two of them.
    double draw_us_a_present() const {
        return ratio(mean_draw() * static_cast<double>(frames), static_cast<double>(work.presents));
    }

    double median_draw() const;
    double mean_draw() const;
    double faults_a_frame() const { return ratio(static_cast<double>(faults), static_cast<double>(frames)); }
    double presents_a_second() const { return ratio(static_cast<double>(work.presents), seconds); }
    double daemon_us_a_second() const {
        return ratio(static_cast<double>(work.processor_time) / 1e3, seconds);
    }
    double daemon_us_a_present() const;  // the median of the rounds: a machine that stalls spoils one of them
    double told_over_tiles() const {
        return ratio(static_cast<double>(work.pixels_told),
                     static_cast<double>(work.pixels_in_changed_tiles));
    }
    double told_a_present() const {
        return ratio(static_cast<double>(work.pixels_told), static_cast<double>(work.presents));
    }
    static double ratio(double a, double b) { return b == 0 ? 0 : a / b; }
};

double quantile(std::vector<double> values, double part);

struct MatchOptions {
    unsigned limit = 60;
    bool quick = false;  // a short warm-up: nothing is measured well
    int rounds = 3;      // contestants alternate, so that all of them see the same noise of the machine
    double seconds_a_round = 1;  // measured, each
    double warm_up =
        1.5;  // not measured, before each but a workload that is played whole: once is enough of that
};

// Each contestant draws the workload in turn; one sample for each of them, of all rounds together.
std::vector<Sample> play(Workload& workload, const std::vector<Contestant*>& contestants,
                         const MatchOptions& options);

}  // namespace hvfbd::bench
