#include "report.h"

#include <sys/utsname.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "grid.h"
#include "whole.h"

namespace hvfbd::bench {

namespace {

void print_matches(const Matches& matches, std::ostream& out) {
    Grid grid(1, {"workload", "Hz", "", "draw us", "mean", "faults", "presents/s", "daemon us/s",
                  "us/present", "told/present"});
    for (const Match& match : matches)
        for (const auto& [name, sample] : match.samples())
            grid.add({match.workload, std::to_string(match.limit), name, figure(sample->median_draw()),
                      figure(sample->mean_draw()), figure(sample->faults_a_frame()),
                      figure(sample->presents_a_second()), figure(sample->daemon_us_a_second()),
                      figure(sample->daemon_us_a_present()), figure(sample->told_a_present())});
    grid.print(out, false);
}

// What all of it takes together.
void print_wholes(const Matches& matches, std::ostream& out) {
    Grid grid(1, {"workload", "Hz", "", "drawing us/s", "tracker", "daemon", "whole", "/ reference",
                  "/ floor", "whole, faults at 1 us", "/ floor"});
    for (const Match& match : matches)
        for (const auto& [name, sample] : match.samples()) {
            const Whole here = whole(*sample), elsewhere = priced(*sample, match.floor, 1);
            const double floor = whole(match.floor).sum(), reference = whole(match.reference).sum();
            grid.add({match.workload, std::to_string(match.limit), name, figure(here.drawing),
                      figure(here.tracker), figure(here.daemon), figure(here.sum()),
                      figure(Sample::ratio(here.sum(), reference)), figure(Sample::ratio(here.sum(), floor)),
                      figure(elsewhere.sum()), figure(Sample::ratio(elsewhere.sum(), floor))});
        }
    grid.print(out, false);
}

// Where the daemon's time goes, a present.
void print_stages(const Matches& matches, std::ostream& out) {
    Grid grid(1, {"workload", "Hz", "us/present", "compare", "reduce", "copy", "present", "the rest",
                  "wake-ups", "pixels compared"});
    for (const Match& match : matches) {
        const Work& work = match.tracked.work;
        auto each = [&](std::uint64_t sum) {
            return Sample::ratio(static_cast<double>(sum), static_cast<double>(work.presents));
        };
        double stages = each(work.comparing + work.reducing + work.copying + work.presenting) / 1e3;
        double all = match.tracked.daemon_us_a_present();
        grid.add({match.workload, std::to_string(match.limit), figure(all),
                  figure(each(work.comparing) / 1e3), figure(each(work.reducing) / 1e3),
                  figure(each(work.copying) / 1e3), figure(each(work.presenting) / 1e3), figure(all - stages),
                  figure(each(work.wakeups)), figure(each(work.pixels_compared))});
    }
    grid.print(out, false);
}

std::string machine_line(const Report& report) {
    return report.machine + (report.fault_us > 0 ? ", " + figure(report.fault_us) + " us a page fault" : "");
}

nlohmann::json to_json(const std::vector<Verdict>& verdicts) {
    auto all = nlohmann::json::array();
    for (const Verdict& verdict : verdicts)
        all.push_back({{"row", verdict.row},
                       {"what", verdict.what},
                       {"value", verdict.value},
                       {"bar", verdict.bar},
                       {"at_least", verdict.at_least},
                       {"unit", verdict.unit},
                       {"met", verdict.met()},
                       {"made_of", verdict.comparison}});
    return all;
}

nlohmann::json to_json(const Sample& sample, const Sample& floor) {
    const Whole whole = bench::whole(sample);
    return {{"draw_us", sample.median_draw()},
            {"mean_draw_us", sample.mean_draw()},
            {"draw_us_a_present", sample.draw_us_a_present()},
            {"faults_a_frame", sample.faults_a_frame()},
            {"presents_a_second", sample.presents_a_second()},
            {"daemon_us_a_second", sample.daemon_us_a_second()},
            {"daemon_us_a_present", sample.daemon_us_a_present()},
            {"told_a_present", sample.told_a_present()},
            {"whole_us_a_second", whole.sum()},
            {"drawing_us_a_second", whole.drawing},
            {"tracker_us_a_second", whole.tracker},
            {"priced_us_a_second", priced(sample, floor, 1).sum()},
            {"faults_a_second", Sample::ratio(static_cast<double>(sample.faults), sample.seconds)}};
}

nlohmann::json to_json(const Matches& matches, double fault_us) {
    auto all = nlohmann::json::array();
    for (const Match& match : matches) {
        nlohmann::json one{{"workload", match.workload}, {"limit", match.limit}};
        for (const auto& [name, sample] : match.samples()) one[name] = to_json(*sample, match.floor);
        if (const auto from = cheaper_from_fault_us(match.tracked, match.reference, fault_us))
            one["cheaper_from_fault_us"] = *from;
        all.push_back(std::move(one));
    }
    return all;
}

// Of each bar the figure that is furthest from it, and how many of its figures met it.
void print_bars_in_markdown(const std::vector<Verdict>& verdicts, std::ostream& out) {
    Grid grid(2, {"row", "what", "measured", "bar", "met"});
    for (auto first = verdicts.begin(); first != verdicts.end();) {
        const auto past = std::find_if(first, verdicts.end(),
                                       [&](const Verdict& verdict) { return verdict.row != first->row; });
        const auto worst = std::max_element(first, past, [](const Verdict& a, const Verdict& b) {
            return a.part_of_bar() < b.part_of_bar();
        });
        const auto met = std::count_if(first, past, [](const Verdict& verdict) { return verdict.met(); });
        const std::string unit = worst->unit.empty() ? "" : " " + worst->unit;
        grid.add({worst->row, (past - first > 1 ? "the worst: " : "") + worst->what,
                  figure(worst->value) + unit, worst->bar_text(),
                  past - first > 1 ? std::to_string(met) + " of " + std::to_string(past - first)
                  : met > 0        ? "yes"
                                   : "**no**"});
        first = past;
    }
    grid.print(out, true);
}

std::string ms(double us) {
    return figure(us / 1e3);
}

}  // namespace

void print(const Report& report, bool stages, std::ostream& out) {
    out << "  " << machine_line(report) << "\n\n";
    print_wholes(report.matches, out);
    out << '\n';
    print_matches(report.matches, out);
    if (stages) {
        out << '\n';
        print_stages(report.matches, out);
    }
    if (!report.tall.empty()) {
        out << "\n  3840x2160\n";
        print_wholes(report.tall, out);
        out << '\n';
        print_matches(report.tall, out);
    }
    if (!report.latencies.empty()) {
        out << "\n  A box of 400x300, and the whole picture, after rest, until a viewer's thread has the "
               "frame\n";
        print(report.latencies, out);
    }
    out << '\n';
    print(report.verdicts, out);
    auto missed =
        std::ranges::count_if(report.verdicts, [](const Verdict& verdict) { return !verdict.met(); });
    out << "\n  " << report.verdicts.size() - static_cast<std::size_t>(missed) << " of "
        << report.verdicts.size() << " bars met\n";
}

void print_markdown(const Report& report, std::ostream& out) {
    out << "Measured on " << machine_line(report)
        << ". Milliseconds of processor time a second at 60 Hz.\n\n";
    Grid grid(1,
              {"workload", "drawing", "tracker", "daemon", "**whole**", "reference", "floor", "÷ reference",
               "less than it where a fault costs", "÷ floor, faults at 1 µs", "presents/s"});
    for (const Match& match : report.matches) {
        if (match.limit != 60) continue;
        const Whole tracked = whole(match.tracked);
        const double reference = whole(match.reference).sum(), floor = whole(match.floor).sum();
        const auto cheaper_from = cheaper_from_fault_us(match.tracked, match.reference, report.fault_us);
        grid.add({match.workload, ms(tracked.drawing), ms(tracked.tracker), ms(tracked.daemon),
                  "**" + ms(tracked.sum()) + "**", ms(reference), ms(floor),
                  figure(Sample::ratio(tracked.sum(), reference)),
                  cheaper_from ? figure(*cheaper_from) + " µs" : "-",
                  figure(Sample::ratio(priced(match.tracked, match.floor, 1).sum(), floor)),
                  figure(match.tracked.presents_a_second()) + ", " +
                      figure(match.reference.presents_a_second()) + ", " +
                      figure(match.floor.presents_a_second())});
    }
    grid.print(out, true);
    print_others_in_markdown(report, false, out);
    out << '\n';
    print_bars_in_markdown(report.verdicts, out);
}

void print_others_in_markdown(const Report& report, bool alone, std::ostream& out) {
    std::vector<std::string> names = {"hvfbd"};
    if (alone) names.insert(names.end(), {"reference", "floor"});
    const std::size_t own = names.size();
    for (const Match& match : report.matches)
        for (const auto& [name, sample] : match.others)
            if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
    if (names.size() == own) return;
    if (alone)
        out << "On " << machine_line(report) << ": whole, and presents a second.\n";
    else
        out << "\nOther programs on the same workloads: whole, and presents a second.\n";
    out << '\n';
    std::vector<std::string> head = {"workload"};
    head.insert(head.end(), names.begin(), names.end());
    Grid grid(1, head);
    for (const Match& match : report.matches) {
        if (match.limit != 60) continue;
        std::vector<std::string> row = {match.workload};
        const auto samples = match.samples();
        for (const std::string& wanted : names) {
            const auto found = std::ranges::find(samples, wanted,
                                                 [](const auto& named) { return std::string(named.first); });
            row.push_back(found == samples.end() ? "-"
                                                 : ms(whole(*found->second).sum()) + ", " +
                                                       figure(found->second->presents_a_second()) + "/s");
        }
        grid.add(row);
    }
    grid.print(out, true);
}

void print_json(const Report& report, std::ostream& out) {
    out << nlohmann::json{{"machine", report.machine},
                          {"fault_us", report.fault_us},
                          {"bars", to_json(report.verdicts)},
                          {"matches", to_json(report.matches, report.fault_us)}}
               .dump(2)
        << '\n';
}

std::string this_machine() {
    utsname names{};
    uname(&names);
    std::ifstream processors("/proc/cpuinfo");
    std::string model = names.machine;
    for (std::string line; std::getline(processors, line);)
        if (line.starts_with("model name")) {
            model = line.substr(std::min(line.size(), line.find(": ") + 2));
            break;
        }
    return std::string("Linux ") + names.release + ", " +
           std::to_string(std::thread::hardware_concurrency()) + " processors, " + model;
}

}  // namespace hvfbd::bench
