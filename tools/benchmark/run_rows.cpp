#include "run_rows.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "common/numbers.h"
#include "match.h"
#include "program.h"
#include "rest.h"

namespace hvfbd::bench {
namespace {

using Words = std::vector<std::string>;

double number_of(const Words& words) {
    Program program(words);
    const auto number = whole_number(program.line());
    program.ended();
    if (!number) throw std::runtime_error(words.front() + " said no number");
    return static_cast<double>(*number);
}

double milliseconds_of(const Words& words) {
    const Nanoseconds before = monotonic_now();
    Program(words).ended();
    return static_cast<double>(monotonic_now() - before) / 1e6;
}

// How the bench's own program is started.
struct Starting {
    std::string hvfb_run, own;

    Words plainly(const Words& words) const {
        Words all{own};
        all.insert(all.end(), words.begin(), words.end());
        return all;
    }
    Words by(const std::string& method, const Words& words) const {
        Words all{hvfb_run, "--method=" + method, own};
        all.insert(all.end(), words.begin(), words.end());
        return all;
    }
};

std::vector<Verdict> calls(const Starting& starting, int rounds) {
    const std::string count = "5000";
    std::vector<double> ioctl, stat, free_stat, pipe;
    for (int round = 0; round < rounds; ++round) {
        ioctl.push_back(number_of(starting.by("notify", {"ioctl", count})) / 1e3);
        stat.push_back(number_of(starting.by("notify", {"stat", count})) / 1e3);
        free_stat.push_back(number_of(starting.plainly({"stat", count})) / 1e3);
        pipe.push_back(number_of(starting.plainly({"pipe", count})) / 1e3);
    }
    const std::string medians = "us, medians of " + std::to_string(rounds) + " times " + count;
    return {{"13a", "hvfb-run, notify: a call that is answered (FBIOGET_VSCREENINFO)", quantile(ioctl, 0.5),
             25, "us",
             "at best " + figure(quantile(ioctl, 0)) + "; a byte through pipes to a process and back " +
                 figure(quantile(pipe, 0.5)) + " " + medians},
            {"13b", "hvfb-run, notify: a call that is stopped and passed on (stat), more than without",
             quantile(stat, 0.5) - quantile(free_stat, 0.5), 25, "us",
             figure(quantile(stat, 0.5)) + " - " + figure(quantile(free_stat, 0.5)) + " " + medians}};
}

// The worst of some workloads.
Verdict drawing(const Starting& starting, int rounds) {
    Verdict worst;
    for (const auto& [workload, frames] :
         {std::pair("typing", "40"), {"window", "120"}, {"video-60", "120"}}) {
        std::vector<double> ratios, preloaded, native;
        for (int round = 0; round < rounds; ++round) {
            preloaded.push_back(number_of(starting.by("preload", {"framebuffer", workload, frames})));
            native.push_back(number_of(starting.plainly({"client", workload, frames})));
        }
        const double with = quantile(preloaded, 0.5), without = quantile(native, 0.5);
        Verdict verdict{
            "13c",
            std::string("the worst: CPU time of a preloaded program / of a client of libhvfb, ") + workload,
            with / without,
            1.1,
            "",
            figure(with / 1e6) + " / " + figure(without / 1e6) + " ms, medians of " + std::to_string(rounds)};
        if (verdict.value > worst.value) worst = verdict;
    }
    return worst;
}

std::vector<Verdict> start_up(const std::string& hvfb_run, int times) {
    std::vector<double> alone, preload, notify;
    const std::string nothing = "true";
    for (int i = 0; i < times; ++i) {
        alone.push_back(milliseconds_of({nothing}));
        preload.push_back(milliseconds_of({hvfb_run, "--method=preload", nothing}));
        notify.push_back(milliseconds_of({hvfb_run, "--method=notify", nothing}));
    }
    const double without = quantile(alone, 0.5);
    const auto verdict = [&](const char* row, const std::string& method, const std::vector<double>& with) {
        return Verdict{row,
                       "hvfb-run, " + method + ": start-up of `true`, more than without",
                       quantile(with, 0.5) - without,
                       30,
                       "ms",
                       figure(quantile(with, 0.5)) + " - " + figure(without) + " ms, medians of " +
                           std::to_string(times)};
    };
    return {verdict("13d", "preload", preload), verdict("13e", "notify", notify)};
}

std::vector<Verdict> at_rest(const Starting& starting, const Tracked& tracked, double seconds) {
    const Program program(starting.by("preload", {"rest"}));
    if (program.line() != "ready") throw std::runtime_error("a preloaded program did not draw");
    const AtRest rest = watch_rest({tracked.pid(), program.pid()}, seconds);
    return {
        {"13f", "hvfb-run, preload, at rest: context switches of program and daemon", rest.switches, 0, "",
         rest.during},
        {"13g", "hvfb-run, preload, at rest: CPU time of the same", rest.running_ns, 0, "ns", rest.during}};
}

}  // namespace

std::vector<Verdict> run_rows(const std::string& program, Tracked& tracked, int rounds, double rest_seconds) {
    tracked.close_surface();
    // Of programs that are started here, with hvfb-run and without it.
    ::setenv("HVFB_BUS", tracked.open_options().bus, 1);
    const std::filesystem::path here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    const Starting starting{program, here / "hvfbd-bench-program"};
    std::vector<Verdict> verdicts = calls(starting, rounds);
    verdicts.push_back(drawing(starting, rounds));
    for (const auto& more : {start_up(program, 4 * rounds), at_rest(starting, tracked, rest_seconds)})
        verdicts.insert(verdicts.end(), more.begin(), more.end());
    return verdicts;
}

}  // namespace hvfbd::bench
