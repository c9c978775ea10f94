#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "base/text.h"
#include "bus.h"
#include "commands.h"
#include "for_caller.h"
#include "rates.h"
#include "reason.h"
#include "surface_list.h"
#include "table.h"
#include "top_layout.h"
#include "top_terminal.h"
#include "tracker_time.h"
#include "values.h"

namespace hvfbctl {

namespace {

using Clock = std::chrono::steady_clock;

struct Measured {
    const char *counter, *label;
};
constexpr std::array rate_rows = {Measured{"frames", "frames/s"},
                                  Measured{"pixels_told", "pixels told/s"},
                                  Measured{"pixels_changed", "pixels changed/s"},
                                  Measured{"rectangles", "rectangles/s"},
                                  Measured{"wakeups", "wake-ups/s"},
                                  Measured{"empty_looks", "empty comparisons/s"}};
constexpr std::array stage_rows = {Measured{"compare_ns", "compare"},
                                   Measured{"reduce_ns", "reduce"},
                                   Measured{"copy_ns", "copy"},
                                   Measured{"present_ns", "present"},
                                   Measured{"submit_ns", "of that, submitting"},
                                   Measured{"collect_ns", "waiting for clients"}};

bool is_gone(const sdbus::Error& error) {
    const std::string& name = error.getName();
    return name.ends_with(".ServiceUnknown") || name.ends_with(".NameHasNoOwner") ||
           name.ends_with(".NoReply") || name.ends_with(".UnknownObject") || name.ends_with(".UnknownMethod");
}

// The daemon's numbers, tick after tick.
class Readings {
  public:
    explicit Readings(const Where& where) : daemon_(where), state_(daemon_.state()), then_(Clock::now()) {
        read_trackers(state_.surfaces, 0);
    }

    // One call of the bus. False: nobody answers; the daemon may be restarted. Where a signal comes first,
    // everything is as it was before.
    bool read() {
        ++calls_;
        try {
            // Only where it was another process that answered.
            if (gone_) daemon_.find();
            DisplayState now = daemon_.state();
            const Clock::time_point when = Clock::now();
            const double seconds = std::chrono::duration<double>(when - then_).count();
            rates_ = Rates(counters_of(state_), counters_of(now), gone_ ? 0 : seconds, calls_);
            calls_ = 0;
            history_.add(rates_);
            read_trackers(now.surfaces, gone_ ? 0 : seconds);
            state_ = std::move(now);
            then_ = when;
            seconds_ = seconds;
            gone_ = false;
        } catch (const NotRunning& error) {
            gone_ = true;
            why_ = error.what();
        } catch (const sdbus::Error& error) {
            if (error.getName().ends_with(".EINTR")) return !gone_;
            if (!is_gone(error)) throw;
            gone_ = true;
            why_ = "hvfbd does not answer: " + error.getMessage();
        }
        return !gone_;
    }

    static Counters counters_of(const DisplayState& state) {
        return value_of<Counters>(state.properties, "Statistics");
    }

    // Empty: what programs draw is shown.
    std::string reason() const { return gone_ ? why_ : why_nothing_is_shown(shown_or_not(state_)); }
    const std::string& why_gone() const { return why_; }
    const DisplayState& state() const { return state_; }
    const Rates& rates() const { return rates_; }
    const RateHistory& history() const { return history_; }
    double seconds() const { return seconds_; }
    const TrackerPercents& trackers() const { return trackers_; }

  private:
    // What the library's threads used since the last reading.
    void read_trackers(const std::vector<SurfaceRecord>& surfaces, double seconds) {
        std::map<std::uint32_t, std::uint64_t> times;
        trackers_.clear();
        for (const SurfaceRecord& surface : surfaces) {
            const auto time = tracker_time_of(surface.pid);
            if (!time) continue;
            times[surface.pid] = *time;
            const auto before = tracker_times_.find(surface.pid);
            if (seconds > 0 && before != tracker_times_.end() && before->second <= *time)
                trackers_[surface.number] = static_cast<double>(*time - before->second) / seconds / 1e7;
        }
        tracker_times_ = std::move(times);
    }

    Daemon daemon_;
    DisplayState state_;
    Clock::time_point then_;
    Rates rates_;
    RateHistory history_;
    TrackerPercents trackers_;
    std::map<std::uint32_t, std::uint64_t> tracker_times_;  // nanoseconds, by process
    double seconds_ = 0;
    unsigned calls_ = 0;  // since the last reading
    bool gone_ = false;
    std::string why_;
};

// Waits for a daemon that is restarted, but not for ever.
void read_or_wait(Readings& readings) {
    constexpr int attempts = 50;
    constexpr std::chrono::milliseconds pause{200};
    for (int attempt = 1; !readings.read(); ++attempt) {
        if (attempt == attempts || was_ended()) throw std::runtime_error(readings.why_gone());
        wait_for_signals(Clock::now() + pause);
    }
}

std::string head_of(const DisplayState& state) {
    const Properties& display = state.properties;
    const auto limit = value_of<std::uint32_t>(display, "RefreshLimit");
    return state.name + ": " + value_of<std::string>(display, "Output") + " output, " +
           to_text(display.at("Width")) + "x" + to_text(display.at("Height")) + ", " +
           (value_of<bool>(display, "Visible") ? "visible" : "hidden") + ", " +
           (limit == 0 ? "no limit" : "limit " + std::to_string(limit) + " Hz") + "  (q: quit)";
}

TopRow rate_row(const Measured& measured, const Readings& readings) {
    TopRow row{measured.label, short_number(readings.rates().per_second(measured.counter)), 0,
               readings.history().of(measured.counter)};
    double most = 0;
    for (const double value : row.history) most = std::max(most, value);
    // A limit says more than what was reached.
    if (std::string_view(measured.counter) == "frames")
        if (const auto limit = value_of<std::uint32_t>(readings.state().properties, "RefreshLimit");
            limit > 0)
            most = limit;
    row.part = most > 0 ? readings.rates().per_second(measured.counter) / most : 0;
    return row;
}

// What to say where nothing is wrong and nothing happens either.
std::string at_rest(const Readings& readings) {
    if (readings.seconds() <= 0 || readings.rates().per_second("frames") > 0) return {};
    for (const SurfaceRecord& surface : readings.state().surfaces)
        if (surface.active)
            return "nothing is drawn: " + surface.name + " stores nothing that differs from what is shown";
    return {};
}

TopContent content_of(const Readings& readings) {
    TopContent content{head_of(readings.state()), hvfbd::escaped(for_caller(readings.reason())), {}, {}, {}};
    if (content.reason.empty()) content.reason = hvfbd::escaped(at_rest(readings));
    for (const Measured& measured : rate_rows) content.rates.push_back(rate_row(measured, readings));
    for (const Measured& measured : stage_rows) {
        const double value = readings.rates().percent(measured.counter);
        content.stages.push_back(
            {measured.label, percent(value), value / 100, readings.history().of(measured.counter)});
    }
    const Counters counters = Readings::counters_of(readings.state());
    if (const auto first = counters.find("first_frame_ns"); first != counters.end())
        content.stages.push_back(
            {"first frame after rest", duration(static_cast<double>(first->second)), -1, {}});
    std::stringstream surfaces;
    print_surfaces(readings.state().surfaces, surfaces, "", Style(), &readings.trackers());
    for (std::string line; std::getline(surfaces, line);) content.surfaces.push_back(line);
    return content;
}

void print_line(const Readings& readings, std::ostream& out) {
    const Rates& rates = readings.rates();
    out << "frames/s " << short_number(rates.per_second("frames")) << ", pixels told/s "
        << short_number(rates.per_second("pixels_told")) << ", rectangles/s "
        << short_number(rates.per_second("rectangles")) << ", wake-ups/s "
        << short_number(rates.per_second("wakeups"));
    for (const Measured& stage : stage_rows)
        if (std::string_view(stage.counter) != "collect_ns")
            out << ", " << stage.label << " " << percent(rates.percent(stage.counter));
    for (const SurfaceRecord& surface : readings.state().surfaces)
        out << ", " << surface.number << ":" << hvfbd::escaped(surface.name) << (surface.active ? "* " : " ")
            << surface.tracking_state;
    if (const std::string reason = readings.reason(); !reason.empty())
        out << ", " << hvfbd::escaped(for_caller(reason));
    out << '\n' << std::flush;
}

void print_json(const Readings& readings, std::ostream& out) {
    const DisplayState& state = readings.state();
    nlohmann::ordered_json line = {
        {"Display", state.name},
        {"IntervalSec", readings.seconds()},
        {"Visible", value_of<bool>(state.properties, "Visible")},
        {"RefreshLimit", value_of<std::uint32_t>(state.properties, "RefreshLimit")},
        {"Reason", readings.reason()},
        {"PerSecond", readings.rates().all()},
        {"Surfaces", surfaces_json(state.surfaces, &readings.trackers())}};
    // Its difference says nothing: it is the last one's.
    line["PerSecond"].erase("first_frame_ns");
    out << as_text(line) << '\n' << std::flush;
}

void show_on_terminal(TopTerminal& terminal, Readings& readings, const TopOptions& options, bool unicode) {
    const auto interval =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.interval));
    const auto draw = [&] {
        terminal.show(lay_out(content_of(readings), terminal.width(), terminal.height(), unicode));
    };
    draw();
    for (unsigned drawn = 0; options.count == 0 || drawn < options.count; ++drawn) {
        const Clock::time_point next = Clock::now() + interval;
        for (;;) {
            const auto event = terminal.wait(next);
            if (event == TopTerminal::Event::quit) return;
            if (event == TopTerminal::Event::none) break;
            draw();
        }
        readings.read();
        draw();
    }
}

void show_in_lines(Readings& readings, const TopOptions& options) {
    const auto interval =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.interval));
    for (unsigned drawn = 0; options.count == 0 || drawn < options.count; ++drawn) {
        wait_for_signals(Clock::now() + interval);
        if (was_ended()) return;
        read_or_wait(readings);
        if (was_ended()) return;
        if (options.json)
            print_json(readings, std::cout);
        else
            print_line(readings, std::cout);
        if (!std::cout) return;
    }
}

}  // namespace

void show_top(const Where& where, const TopOptions& options, const Style& style) {
    Readings readings(where);
    end_at_signals();
    const auto terminal = options.json ? nullptr : TopTerminal::open(style.coloured);
    if (terminal != nullptr)
        show_on_terminal(*terminal, readings, options, style.unicode);
    else
        show_in_lines(readings, options);
}

}  // namespace hvfbctl
