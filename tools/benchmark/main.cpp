// Measures hvfbd beside `reference` and `floor`: tools/bench runs it with a bus of its own.
#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "common/command_line_parser.h"
#include "common/numbers.h"
#include "floor.h"
#include "hvfbctl/table.h"
#include "latency.h"
#include "reference.h"
#include "rows.h"
#include "tracked.h"
#include "workload.h"

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
    std::uint32_t most_rectangles = 0;  // 0: the daemon's default
    double rest_seconds = 60;
    bool alone = false, only_matches = false, four_k = true, json = false, perf = false;
};

void print(const Matches& matches, std::ostream& out) {
    using enum hvfbctl::Table::Align;
    hvfbctl::Table table({left, right, left, right, right, right, right, right, right, right});
    table.add({"workload", "Hz", "", "draw us", "mean", "faults", "presents/s", "daemon us/s", "us/present",
               "told/present"});
    for (const Match& match : matches)
        for (auto [name, sample] :
             {std::pair{"hvfbd", &match.tracked}, {"reference", &match.reference}, {"floor", &match.floor}})
            table.add({match.workload, std::to_string(match.limit), name, figure(sample->median_draw()),
                       figure(sample->mean_draw()), figure(sample->faults_a_frame()),
                       figure(sample->presents_a_second()), figure(sample->daemon_us_a_second()),
                       figure(sample->daemon_us_a_present()), figure(sample->told_a_present())});
    table.print(out, "  ");
}

// Where the daemon's time goes, a present.
void print_stages(const Matches& matches, std::ostream& out) {
    using enum hvfbctl::Table::Align;
    hvfbctl::Table table({left, right, right, right, right, right, right, right, right, right});
    table.add({"workload", "Hz", "us/present", "compare", "reduce", "copy", "present", "the rest", "wake-ups",
               "pixels compared"});
    for (const Match& match : matches) {
        const Work& work = match.tracked.work;
        auto each = [&](std::uint64_t sum) {
            return Sample::ratio(static_cast<double>(sum), static_cast<double>(work.presents));
        };
        double stages = each(work.comparing + work.reducing + work.copying + work.presenting) / 1e3;
        double all = match.tracked.daemon_us_a_present();
        table.add({match.workload, std::to_string(match.limit), figure(all),
                   figure(each(work.comparing) / 1e3), figure(each(work.reducing) / 1e3),
                   figure(each(work.copying) / 1e3), figure(each(work.presenting) / 1e3),
                   figure(all - stages), figure(each(work.wakeups)), figure(each(work.pixels_compared))});
    }
    table.print(out, "  ");
}

Matches play_all(const Options& options, int width, int height) {
    // The copiers fork, and so come before anything that has threads.
    Reference reference(width, height);
    Floor floor(width, height);
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
            auto samples = play(*workload, contestants, match);
            samples.resize(3);
            matches.push_back({workload->name(), limit, samples[0], samples[1], samples[2]});
            std::cerr << '.' << std::flush;
        }
    }
    std::cerr << '\n';
    return matches;
}

std::vector<Latency> own_rows(const Options& options, std::vector<Verdict>& verdicts) {
    std::vector<Latency> distribution;
    auto add = [&](const std::vector<Verdict>& more) {
        verdicts.insert(verdicts.end(), more.begin(), more.end());
    };
    {
        Tracked tracked(options.tracked);
        add(rest(tracked, options.rest_seconds));
        add(latency(tracked, options.tracked.bus, options.latency_changes));
        distribution = latencies(tracked, options.latency_changes / 2);
    }
    {
        Tracked tracked(options.tracked);
        add(hidden(tracked, *video()));
    }
    Tracked tracked(options.tracked);
    add(stopped(tracked, *window()));
    return distribution;
}

nlohmann::json to_json(const std::vector<Verdict>& verdicts) {
    auto all = nlohmann::json::array();
    for (const Verdict& verdict : verdicts)
        all.push_back({{"row", verdict.row},
                       {"what", verdict.what},
                       {"value", verdict.value},
                       {"bar", verdict.bar},
                       {"unit", verdict.unit},
                       {"met", verdict.met()},
                       {"made_of", verdict.comparison}});
    return all;
}

nlohmann::json to_json(const Sample& sample) {
    return {{"draw_us", sample.median_draw()},
            {"mean_draw_us", sample.mean_draw()},
            {"draw_us_a_present", sample.draw_us_a_present()},
            {"faults_a_frame", sample.faults_a_frame()},
            {"presents_a_second", sample.presents_a_second()},
            {"daemon_us_a_second", sample.daemon_us_a_second()},
            {"daemon_us_a_present", sample.daemon_us_a_present()},
            {"told_a_present", sample.told_a_present()}};
}

nlohmann::json to_json(const Matches& matches) {
    auto all = nlohmann::json::array();
    for (const Match& match : matches)
        all.push_back({{"workload", match.workload},
                       {"limit", match.limit},
                       {"hvfbd", to_json(match.tracked)},
                       {"reference", to_json(match.reference)},
                       {"floor", to_json(match.floor)}});
    return all;
}

void run(const Options& options) {
    std::vector<Verdict> verdicts;
    Matches matches = play_all(options, options.tracked.width, options.tracked.height), tall;
    if (options.four_k) tall = play_all(options, 3840, 2160);
    verdicts = judge(matches, tall);
    std::vector<Latency> distribution;
    if (!options.only_matches) distribution = own_rows(options, verdicts);
    std::ranges::stable_sort(verdicts, {},
                             [](const Verdict& verdict) { return hvfbd::leading_number(verdict.row); });
    if (options.json) {
        std::cout << nlohmann::json{{"bars", to_json(verdicts)}, {"matches", to_json(matches)}}.dump(2)
                  << '\n';
        return;
    }
    print(matches, std::cout);
    if (options.perf) {
        std::cout << '\n';
        print_stages(matches, std::cout);
    }
    if (!tall.empty()) {
        std::cout << "\n  3840x2160\n";
        print(tall, std::cout);
    }
    if (!distribution.empty()) {
        std::cout << "\n  A box of 400 by 300 after rest, until a viewer's thread has the frame\n";
        print(distribution, std::cout);
    }
    std::cout << '\n';
    print(verdicts, std::cout);
    auto missed = std::ranges::count_if(verdicts, [](const Verdict& verdict) { return !verdict.met(); });
    std::cout << "\n  " << verdicts.size() - static_cast<std::size_t>(missed) << " of " << verdicts.size()
              << " bars met\n";
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
    program.flag("!--no-4k", options.four_k, "Not at 3840x2160 as well");
    program.flag("--alone", options.alone, "Only hvfbd plays");
    program.flag("--matches", options.only_matches, "Only the workloads, none of the other rows");
    program.flag("--perf", options.perf, "Where the time goes, by stage");
    program.flag("--json", options.json, "For machines");
    if (const auto code = program.parse(argc, argv)) return *code;
    options.workloads = {workloads.begin(), workloads.end()};
    if (const auto size = hvfbd::mode_in<int>(options.size))
        std::tie(options.tracked.width, options.tracked.height) = *size;
    try {
        run(options);
    } catch (const std::exception& exception) {
        std::cerr << "bench: " << exception.what() << '\n';
        return 1;
    }
    return 0;
}
