#include "match.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <numeric>

#include "processor_time.h"

namespace hvfbd::bench {

namespace {

// Draws for a while at the workload's rate. The pixels are drawn with nothing around the stores but a clock.
void draw_frames(unsigned frames, Workload& workload, Contestant& contestant, unsigned& frame,
                 Sample* sample) {
    double rate = workload.frames_a_second();
    auto period = static_cast<Nanoseconds>(1e9 / rate);
    std::uint64_t faults = faults_of_this_thread();
    Nanoseconds start = monotonic_now(), next = start;
    for (unsigned i = 0; i < frames; ++i) {
        Nanoseconds processor = processor_time_of_this_thread(), before = monotonic_now();
        std::vector<Box> boxes = workload.draw(contestant.canvas(), frame++);
        Nanoseconds after = monotonic_now();
        if (sample) {
            sample->drawing_time += processor_time_of_this_thread() - processor;
            sample->draw_us.push_back(static_cast<double>(after - before) / 1e3);
        }
        contestant.drawn(boxes);
        next += period;
        sleep_until(next);
    }
    if (!sample) return;
    sample->faults += faults_of_this_thread() - faults;
    sample->frames += frames;
    sample->seconds += static_cast<double>(monotonic_now() - start) / 1e9;
}

unsigned frames_of(double seconds, const Workload& workload) {
    return std::max(2U, static_cast<unsigned>(std::lround(seconds * workload.frames_a_second())));
}

}  // namespace

void Work::add_difference(const Work& before, const Work& after) {
    for (auto member :
         {&Work::presents, &Work::pixels_told, &Work::pixels_in_changed_tiles, &Work::processor_time,
          &Work::tracker_time, &Work::wakeups, &Work::compares, &Work::pixels_compared, &Work::comparing,
          &Work::reducing, &Work::copying, &Work::presenting})
        this->*member += after.*member - before.*member;
}

double quantile(std::vector<double> values, double part) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<std::size_t>(std::lround(last * part))];
}

double Sample::median_draw() const {
    return quantile(draw_us, 0.5);
}

double Sample::daemon_us_a_present() const {
    return quantile(us_a_present, 0.5);
}

double Sample::mean_draw() const {
    return ratio(std::accumulate(draw_us.begin(), draw_us.end(), 0.0), static_cast<double>(draw_us.size()));
}

std::vector<Sample> play(Workload& workload, const std::vector<Contestant*>& contestants,
                         const MatchOptions& options) {
    std::vector<Sample> samples(contestants.size());
    std::vector<unsigned> frame(contestants.size(), 0);
    for (Contestant* contestant : contestants) contestant->limit(options.limit);
    unsigned whole = workload.frames_a_round();
    for (int round = 0; round < (whole > 0 ? 1 : options.rounds); ++round)
        for (std::size_t i = 0; i < contestants.size(); ++i) {
            Contestant& contestant = *contestants[i];
            contestant.resume();
            if (round == 0) {
                workload.prepare(contestant.canvas());
                if (!options.quick) contestant.prepared();
            }
            if (whole == 0)
                draw_frames(frames_of(options.quick ? 0.5 : options.warm_up, workload), workload, contestant,
                            frame[i], nullptr);
            Work before = contestant.work(true);
            draw_frames(whole > 0 ? whole : frames_of(options.seconds_a_round, workload), workload,
                        contestant, frame[i], &samples[i]);
            Work after = contestant.work(false);
            contestant.pause();
            Work round_work;
            round_work.add_difference(before, after);
            samples[i].us_a_present.push_back(
                Sample::ratio(static_cast<double>(round_work.processor_time) / 1e3,
                              static_cast<double>(round_work.presents)));
            samples[i].work.add_difference({}, round_work);
        }
    return samples;
}

}  // namespace hvfbd::bench
