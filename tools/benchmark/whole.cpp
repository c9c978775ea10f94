#include "whole.h"

#include <algorithm>

namespace hvfbd::bench {

Whole whole(const Sample& sample) {
    auto us_a_second = [&](Nanoseconds time) {
        return Sample::ratio(static_cast<double>(time) / 1e3, sample.seconds);
    };
    return {us_a_second(sample.drawing_time), us_a_second(sample.work.tracker_time),
            us_a_second(sample.work.processor_time)};
}

Whole priced(const Sample& sample, const Sample& floor, double fault_us) {
    Whole whole = bench::whole(sample);
    const double untracked_frame =
        Sample::ratio(static_cast<double>(floor.drawing_time) / 1e3, static_cast<double>(floor.frames));
    whole.drawing = Sample::ratio(
        static_cast<double>(sample.frames) * untracked_frame + static_cast<double>(sample.faults) * fault_us,
        sample.seconds);
    return whole;
}

std::optional<double> cheaper_from_fault_us(const Sample& tracked, const Sample& reference, double fault_us) {
    const auto faults_a_second = [](const Sample& sample) {
        return Sample::ratio(static_cast<double>(sample.faults), sample.seconds);
    };
    const double fewer = faults_a_second(reference) - faults_a_second(tracked);
    if (fewer <= faults_a_second(reference) / 10) return std::nullopt;
    return std::max(0.0, fault_us + (whole(tracked).sum() - whole(reference).sum()) / fewer);
}

}  // namespace hvfbd::bench
