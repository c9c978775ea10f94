// Measures hvfbd beside `reference` and `floor`: tools/bench runs it with a bus of its own.
#include <algorithm>
#include <iostream>
#include <memory>
#include <set>
#include <tuple>

#include "common/command_line_parser.h"
#include "common/numbers.h"
#include "compare_loop.h"
#include "console_rows.h"
#include "floor.h"
#include "reference.h"
#include "report.h"
#include "rows.h"
#include "run_rows.h"
#include "tracked.h"
#include "vnc_rows.h"
#include "workload.h"
#include "x11vnc.h"
#include "x_server.h"

namespace hvfbd::bench {
namespace {

struct Options {
    Tracked::Options tracked;
    MatchOptions match;
    std::vector<unsigned> limits = {20, 60};
    std::set<std::string> workloads;
    std::string recordings = "tools/benchmark/recordings";
    int latency_changes = 60;
    std::string size;                   // WIDTHxHEIGHT
    std::string x_server;               // its socket
    std::string console;                // hvfb-console; empty: no row 12
    std::string run;                    // hvfb-run; empty: no row 13
    std::string vnc;                    // hvfb-vnc; empty: no row 14
    std::uint32_t most_rectangles = 0;  // 0: the daemon's default
    double rest_seconds = 60;
    bool alone = false, competitors = false, only_matches = false, four_k = true, json = false,
         markdown = false, perf = false, check = false, only_console = false, only_run = false,
         only_vnc = false, only_others = false;
};

Matches play_all(const Options& options, int width, int height) {
    // The copiers fork, and so come before anything that has threads.
    Reference reference(width, height);
    Floor floor(width, height);
    std::vector<std::unique_ptr<Contestant>> competitors;
    if (options.competitors) {
        competitors.push_back(std::make_unique<CompareLoop>(width, height));
        competitors.push_back(std::make_unique<X11vnc>(width, height));
    }
    if (!options.x_server.empty())
        competitors.push_back(std::make_unique<XServer>(options.x_server, width, height));
    Tracked::Options with = options.tracked;
    with.width = width;
    with.height = height;
    Tracked tracked(with);
    if (options.most_rectangles > 0) tracked.set("MaxRects", options.most_rectangles);
    Matches matches;
    for (const auto& workload : all_workloads(options.recordings)) {
        if (!options.workloads.empty() && !options.workloads.contains(workload->name())) continue;
        for (unsigned limit : options.limits) {
            MatchOptions match = options.match;
            match.limit = limit;
            // A slow workload needs longer for as many frames.
            match.seconds_a_round = std::max(match.seconds_a_round, 5 / workload->frames_a_second());
            std::vector<Contestant*> contestants = {&tracked};
            if (!options.alone) contestants.insert(contestants.end(), {&reference, &floor});
            // Their rate is their own.
            if (limit == options.limits.back())
                for (const auto& competitor : competitors) contestants.push_back(competitor.get());
            auto samples = play(*workload, contestants, match);
            samples.resize(std::max<std::size_t>(samples.size(), 3));
            Match result{workload->name(), limit, samples[0], samples[1], samples[2], {}};
            for (std::size_t i = 3; i < contestants.size(); ++i)
                result.others.push_back({contestants[i]->name(), samples[i]});
            matches.push_back(std::move(result));
            std::cerr << '.' << std::flush;
        }
    }
    std::cerr << '\n';
    return matches;
}

// What is about hvfbd alone.
void measure_own_rows(const Options& options, Report& report) {
    auto add = [&](const std::vector<Verdict>& more) {
        report.verdicts.insert(report.verdicts.end(), more.begin(), more.end());
    };
    {
        Reference reference(options.tracked.width, options.tracked.height);
        Tracked tracked(options.tracked);
        add(rest(tracked, options.rest_seconds));
        add(latency(tracked, reference, options.latency_changes));
        report.latencies = latencies(tracked, options.latency_changes / 2);
        add(completeness(report.latencies));
    }
    {
        Tracked tracked(options.tracked);
        add(hidden(tracked, *video()));
    }
    Tracked tracked(options.tracked);
    add(stopped(tracked, *window()));
}

void measure_console(const Options& options, Report& report) {
    if (options.console.empty()) return;
    Tracked tracked(options.tracked);
    for (const Verdict& verdict :
         console(options.console, tracked, options.latency_changes, options.rest_seconds))
        report.verdicts.push_back(verdict);
}

void measure_run(const Options& options, Report& report) {
    if (options.run.empty()) return;
    Tracked tracked(options.tracked);
    for (const Verdict& verdict : run_rows(options.run, tracked, options.match.rounds, options.rest_seconds))
        report.verdicts.push_back(verdict);
}

void measure_vnc(const Options& options, Report& report) {
    if (options.vnc.empty()) return;
    Tracked tracked(options.tracked);
    for (const Verdict& verdict :
         vnc_rows(options.vnc, tracked, options.match, options.latency_changes, options.rest_seconds))
        report.verdicts.push_back(verdict);
}

// Returns whether every bar was met.
bool run(const Options& options) {
    Report report;
    report.machine = this_machine();
    report.fault_us = Reference(options.tracked.width, options.tracked.height).fault_us();
    const bool only_a_row = options.only_console || options.only_run || options.only_vnc;
    if (!only_a_row) {
        report.matches = play_all(options, options.tracked.width, options.tracked.height);
        if (options.four_k) report.tall = play_all(options, 3840, 2160);
        report.verdicts = judge(report.matches, report.tall);
        if (!options.only_matches) measure_own_rows(options, report);
    }
    if (!options.only_matches) {
        if (!only_a_row || options.only_console) measure_console(options, report);
        if (!only_a_row || options.only_run) measure_run(options, report);
        if (!only_a_row || options.only_vnc) measure_vnc(options, report);
    }
    // By the number, then by the letter after it.
    std::ranges::stable_sort(report.verdicts, {}, [](const Verdict& verdict) {
        const auto number = hvfbd::leading_number(verdict.row);
        return std::pair(number ? number->first : 0, verdict.row);
    });
    if (options.json)
        print_json(report, std::cout);
    else if (options.only_others)
        print_others_in_markdown(report, true, std::cout);
    else if (options.markdown)
        print_markdown(report, std::cout);
    else
        print(report, options.perf, std::cout);
    return std::ranges::all_of(report.verdicts, &Verdict::met);
}

std::string check_size(const std::string& text) {
    const auto size = mode_in<int>(text);
    return size && size->first >= 640 && size->second >= 480
               ? ""
               : text + " is not WIDTHxHEIGHT of at least 640x480";
}

}  // namespace
}  // namespace hvfbd::bench

// NOLINTNEXTLINE(bugprone-exception-escape): what the set-up of the command line throws is a mistake in it
int main(int argc, char** argv) {
    using hvfbd::bench::check_size;
    hvfbd::bench::Options options;
    std::vector<std::string> workloads;

    tools::CommandLineParser program{
        "Measures hvfbd beside the 2019 driver's algorithm and what the machine allows"};
    program.option("--daemon", options.tracked.daemon, "The hvfbd to measure").required();
    program.option("--bus", options.tracked.bus, "Address of a bus on which no hvfbd is").required();
    program.option("--simulated", options.tracked.simulated, "Socket of an hvhost: the Hyper-V output");
    program.option("--workload", workloads, "Only these");
    program.option("--recordings", options.recordings, "Folder of the recorded workloads").show_default();
    program.option("--limit", options.limits, "RefreshLimit, Hz").show_default();
    program.option("--rounds", options.match.rounds, "Rounds of each contestant").show_default();
    program.option("--seconds", options.match.seconds_a_round, "Of each turn").show_default();
    program.option("--rest", options.rest_seconds, "Seconds of rest to watch").show_default();
    program.option("--changes", options.latency_changes, "Changes after rest").show_default();
    program.option("--size", options.size, "WIDTHxHEIGHT, instead of 1920x1080")
        .check(check_size, "WIDTHxHEIGHT");
    program.option("--max-rects", options.most_rectangles, "MaxRects, instead of the default").within(1, 255);
    program.option("--console", options.console,
                   "The hvfb-console to measure: writes to the foreground terminal, and resets it");
    program.flag("--only-console", options.only_console, "Only row 12");
    program.option("--run", options.run, "The hvfb-run to measure");
    program.flag("--only-run", options.only_run, "Only row 13");
    program.option("--vnc", options.vnc, "The hvfb-vnc to measure, beside x11vnc where that is installed");
    program.flag("--only-vnc", options.only_vnc, "Only row 14");
    program.flag("!--no-4k", options.four_k, "Not at 3840x2160 as well");
    program.flag("--alone", options.alone, "Only hvfbd plays");
    program.flag("--competitors", options.competitors,
                 "x11vnc and a loop that compares everything play as well");
    program.option("--x-server", options.x_server,
                   "Socket of an X server, which plays as well: tools/benchmark/guest has one");
    program.flag("--matches", options.only_matches, "Only the workloads, none of the other rows");
    program.flag("--quick", options.match.quick, "A short warm-up: to try a workload, not to measure");
    program.flag("--perf", options.perf, "Where the time goes, by stage");
    program.flag("--json", options.json, "For machines");
    program.flag("--markdown", options.markdown, "The tables of docs/performance.md");
    program.flag("--only-others", options.only_others,
                 "Only the table of other programs in docs/performance.md");
    program.flag("--check", options.check, "Exit code 2 unless every bar is met");
    if (const auto code = program.parse(argc, argv)) return *code;
    if (options.alone) {
        options.competitors = false;
        options.x_server.clear();
    }
    if (options.only_others) options.only_matches = true;
    options.workloads = {workloads.begin(), workloads.end()};
    if (const auto size = hvfbd::mode_in<int>(options.size))
        std::tie(options.tracked.width, options.tracked.height) = *size;
    try {
        if (!run(options) && options.check) return 2;
    } catch (const std::exception& exception) {
        std::cerr << "bench: " << exception.what() << '\n';
        return 1;
    }
    return 0;
}
