#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <sstream>

#include "base/text.h"
#include "bus.h"
#include "commands.h"
#include "surface_list.h"
#include "table.h"

namespace hvfbctl {

namespace {

using Clock = std::chrono::steady_clock;
using Counters = std::map<std::string, std::uint64_t>;

volatile std::sig_atomic_t interrupted = 0;

// What happened between two readings of the counters.
class Rates {
  public:
    Rates(const Counters& before, const Counters& after, double seconds)
        : before_(before), after_(after), seconds_(seconds) {}

    double per_second(const std::string& name) const {
        const auto then = before_.find(name);
        const auto now = after_.find(name);
        if (then == before_.end() || now == after_.end() || now->second < then->second) return 0;
        return static_cast<double>(now->second - then->second) / seconds_;
    }
    // Of a counter of nanoseconds, in per cent of the time that went by.
    double percent(const std::string& name) const { return per_second(name) / 1e7; }

  private:
    const Counters& before_;
    const Counters& after_;
    double seconds_;
};

struct Moment {
    Counters counters;
    std::vector<SurfaceRecord> surfaces;
    bool visible;
    std::uint32_t limit;
};

bool is_gone(const sdbus::Error& error) {
    const std::string& name = error.getName();
    return name.ends_with(".ServiceUnknown") || name.ends_with(".NameHasNoOwner") ||
           name.ends_with(".NoReply");
}

// The daemon may be restarted meanwhile: it is waited for, but not for ever.
Moment read(Daemon& daemon) {
    constexpr int attempts = 50, pause = 200;  // milliseconds
    for (int attempt = 1;; ++attempt) {
        const bool last = attempt == attempts || interrupted != 0;
        try {
            daemon.find();
            return {daemon.display().Statistics(), daemon.surfaces(), daemon.display().Visible(),
                    daemon.display().RefreshLimit()};
        } catch (const NotRunning&) {
            if (last) throw;
        } catch (const sdbus::Error& error) {
            if (last || !is_gone(error)) throw;
        }
        poll(nullptr, 0, pause);
    }
}

constexpr auto stages = {"compare", "reduce", "copy", "present"};

std::string percent(double value) {
    std::ostringstream text;
    text.setf(std::ios::fixed);
    text.precision(2);
    text << value << " %";
    return text.str();
}

void print_screen(const Rates& rates, const Counters& counters, const std::vector<SurfaceRecord>& surfaces,
                  const std::string& head, std::ostream& out) {
    using enum Table::Align;
    out << head << "\n\n";
    Table table({left, right, left, left, right});
    table.add({"frames/s", short_number(rates.per_second("frames")), "", "compare",
               percent(rates.percent("compare_ns"))});
    table.add({"pixels told/s", short_number(rates.per_second("pixels_told")), "", "reduce",
               percent(rates.percent("reduce_ns"))});
    table.add({"pixels changed/s", short_number(rates.per_second("pixels_changed")), "", "copy",
               percent(rates.percent("copy_ns"))});
    table.add({"rectangles/s", short_number(rates.per_second("rectangles")), "", "present",
               percent(rates.percent("present_ns"))});
    table.add({"wake-ups/s", short_number(rates.per_second("wakeups")), "", "waiting for clients",
               percent(rates.percent("collect_ns"))});
    const auto first = counters.find("first_frame_ns");
    table.add({"empty looks/s", short_number(rates.per_second("empty_looks")), "", "first frame after rest",
               first == counters.end() ? "?" : duration(static_cast<double>(first->second))});
    table.print(out);
    out << '\n';
    print_surfaces(surfaces, out, "");
}

void print_line(const Rates& rates, const std::vector<SurfaceRecord>& surfaces, std::ostream& out) {
    out << "frames/s " << short_number(rates.per_second("frames")) << ", pixels told/s "
        << short_number(rates.per_second("pixels_told")) << ", rectangles/s "
        << short_number(rates.per_second("rectangles")) << ", wake-ups/s "
        << short_number(rates.per_second("wakeups"));
    for (const char* stage : stages)
        out << ", " << stage << " " << percent(rates.percent(std::string(stage) + "_ns"));
    for (const SurfaceRecord& surface : surfaces)
        out << ", " << surface.number << ":" << hvfbd::escaped(surface.name) << (surface.active ? "* " : " ")
            << surface.tracking_state;
    out << '\n' << std::flush;
}

}  // namespace

void show_top(const Where& where, double interval, unsigned count) {
    Daemon daemon(where);
    const bool terminal = isatty(STDOUT_FILENO) != 0;
    struct sigaction action = {};
    action.sa_handler = [](int) { interrupted = 1; };
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);

    Counters before = daemon.display().Statistics();
    auto then = Clock::now();
    // The alternate screen, without a cursor; what was on the terminal comes back afterwards.
    if (terminal) std::cout << "\033[?1049h\033[?25l" << std::flush;
    struct Restore {
        bool wanted;
        ~Restore() {
            if (wanted) std::cout << "\033[?25h\033[?1049l" << std::flush;
        }
    } const restore{terminal};
    for (unsigned drawn = 0; interrupted == 0 && (count == 0 || drawn < count); ++drawn) {
        poll(nullptr, 0, static_cast<int>(interval * 1000));
        if (interrupted != 0) return;
        const Moment moment = read(daemon);
        const Counters& after = moment.counters;
        const auto now = Clock::now();
        const Rates rates(before, after, std::chrono::duration<double>(now - then).count());
        if (terminal) {
            std::ostringstream screen;
            print_screen(rates, after, moment.surfaces,
                         where.display + (moment.visible ? ", visible" : ", hidden") + ", limit " +
                             std::to_string(moment.limit) + " Hz (Ctrl-C ends)",
                         screen);
            std::cout << "\033[H\033[J" << screen.str() << std::flush;
        } else {
            print_line(rates, moment.surfaces, std::cout);
        }
        before = after;
        then = now;
    }
}

}  // namespace hvfbctl
