#include <algorithm>
#include <array>
#include <iostream>
#include <map>

#include "bus.h"
#include "commands.h"
#include "open_metrics.h"
#include "reason.h"
#include "table.h"

namespace hvfbctl {

namespace {

using Type = OpenMetrics::Type;
using Labels = OpenMetrics::Labels;
using Counters = std::map<std::string, std::uint64_t>;

struct CounterHelp {
    const char *name, *help;
};

// Of the counters of Statistics, in the order of the way of a pixel.
constexpr std::array counter_helps{
    CounterHelp{"wakeups", "Dispatches of the daemon's loop that had something to do"},
    CounterHelp{"announcements", "Messages in which a client said that it had drawn"},
    CounterHelp{"faults", "First stores that waited for the library's thread"},
    CounterHelp{"collections", "Times that a client was asked what it had written"},
    CounterHelp{"scans", "Lists of written pages from a tracker that scans"},
    CounterHelp{"state_changes", "Changes of a tracker's state"},
    CounterHelp{"unanswered", "Questions that a client did not answer within a frame"},
    CounterHelp{"pixels_compared", "Pixels compared with the front picture"},
    CounterHelp{"pixels_changed", "Pixels that differed from the front picture"},
    CounterHelp{"pixels_in_changed_tiles", "Pixels in tiles of 64 by 1 with one that differed"},
    CounterHelp{"bytes_copied", "Bytes copied to the front picture and to the screen memory"},
    CounterHelp{"frames", "Presents that told the host or a viewer something"},
    CounterHelp{"empty_looks", "Comparisons that found nothing"},
    CounterHelp{"rectangles", "Rectangles told"},
    CounterHelp{"pixels_told", "Pixels in the rectangles told"},
    CounterHelp{"refused", "Presents that the output could not take, and that were made later"},
    CounterHelp{"messages_malformed", "Messages that broke the protocol"},
    CounterHelp{"messages_throttled", "Times that a channel was not read for a while since it sent too much"},
    CounterHelp{"collect_ns", "Time spent waiting for clients' answers"},
    CounterHelp{"compare_ns", "Time spent comparing, and copying what differed"},
    CounterHelp{"reduce_ns", "Time spent making rectangles of what differed"},
    CounterHelp{"copy_ns", "Time spent copying from the front picture to the screen memory"},
    CounterHelp{"present_ns", "Time spent telling the host and the viewers"},
    CounterHelp{"submit_ns", "Of that, time spent submitting to the host or screen"}};

constexpr const char* first_frame = "first_frame_ns";
constexpr std::string_view nanoseconds = "_ns";

class Metrics {
  public:
    explicit Metrics(const std::vector<DisplayState>& displays) : displays_(displays) {}

    std::string text(const std::string& version) {
        out_.family("hvfbd_up", Type::gauge, "", "Whether the daemon answers");
        out_.sample({}, 1);
        out_.family("hvfbd_build_info", Type::gauge, "", "The daemon's version; always 1");
        out_.sample({{"version", version}}, 1);
        add_displays();
        add_counters();
        add_surfaces();
        return out_.text();
    }

  private:
    // A family of one sample a display.
    template <class Value>
    void of_each(const char* name, const char* unit, const char* help, const Value& value) {
        out_.family(std::string("hvfbd_display_") + name, Type::gauge, unit, help);
        for (const DisplayState& display : displays_)
            out_.sample({{"display", display.name}}, value(display));
    }
    void of_number(const char* name, const char* unit, const char* help, const char* property) {
        of_each(name, unit, help, [&](const DisplayState& display) {
            return value_of<std::uint32_t>(display.properties, property);
        });
    }

    void add_displays() {
        out_.family("hvfbd_display_info", Type::gauge, "", "What shows the display; always 1");
        for (const DisplayState& display : displays_)
            out_.sample({{"display", display.name},
                         {"output", value_of<std::string>(display.properties, "Output")},
                         {"format", format_name(value_of<std::uint32_t>(display.properties, "Format"))}},
                        1);
        of_number("width", "pixels", "Width of the display", "Width");
        of_number("height", "pixels", "Height of the display", "Height");
        of_each("visible", "", "Whether somebody looks", [](const DisplayState& display) {
            return value_of<bool>(display.properties, "Visible") ? 1U : 0U;
        });
        of_each("shown", "", "Whether a surface is shown, as far as the daemon knows",
                [](const DisplayState& display) {
                    return why_nothing_is_shown(shown_or_not(display)).empty() ? 1U : 0U;
                });
        of_number("refresh_limit", "hertz", "Presents a second at most; 0 where there is no limit",
                  "RefreshLimit");
        of_each("problem", "", "Whether the daemon says that something is wrong with the output",
                [](const DisplayState& display) {
                    return value_of<std::string>(display.properties, "Problem").empty() ? 0U : 1U;
                });
        of_number("viewers", "", "Viewers that are open", "Viewers");
        of_each("surfaces", "", "Surfaces that are open or kept",
                [](const DisplayState& display) { return display.surfaces.size(); });
    }

    void add_counter(const std::string& name, const std::string& help, Type type) {
        const bool is_time = name.ends_with(nanoseconds);
        const std::string plain = name.substr(0, name.size() - (is_time ? nanoseconds.size() : 0));
        out_.family("hvfbd_display_" + plain, type, is_time ? "seconds" : "", help);
        for (const DisplayState& display : displays_) {
            const Counters counters = value_of<Counters>(display.properties, "Statistics");
            const auto found = counters.find(name);
            if (found == counters.end()) continue;
            if (is_time)
                out_.sample_of_nanoseconds({{"display", display.name}}, found->second);
            else
                out_.sample({{"display", display.name}}, found->second);
        }
    }

    void add_counters() {
        Counters unknown;  // of a newer daemon
        for (const DisplayState& display : displays_)
            unknown.merge(value_of<Counters>(display.properties, "Statistics"));
        const auto add_known = [&](const char* name, const char* help, Type type) {
            if (unknown.erase(name) > 0) add_counter(name, help, type);
        };
        for (const CounterHelp& counter : counter_helps) add_known(counter.name, counter.help, Type::counter);
        add_known(first_frame, "Of the last frame after rest: from its announcement to its present",
                  Type::gauge);
        for (const auto& [name, value] : unknown)
            add_counter(name, "Counter " + name + " of org.hvfbd.Framebuffer1(5)", Type::counter);
    }

    template <class Value>
    void of_each_surface(const char* name, const char* help, const Value& value) {
        out_.family(std::string("hvfbd_surface_") + name, Type::gauge, "", help);
        for (const DisplayState& display : displays_)
            for (const SurfaceRecord& surface : display.surfaces) {
                Labels labels = {{"display", display.name},
                                 {"surface", std::to_string(surface.number)},
                                 {"name", surface.name}};
                value(surface, std::move(labels));
            }
    }

    void add_surfaces() {
        of_each_surface("active", "Whether the surface is the one shown",
                        [&](const SurfaceRecord& surface, const Labels& labels) {
                            out_.sample(labels, surface.active ? 1 : 0);
                        });
        of_each_surface("client", "Whether a program has the surface open, and it is not only kept",
                        [&](const SurfaceRecord& surface, const Labels& labels) {
                            out_.sample(labels, surface.pid != 0 ? 1 : 0);
                        });
        of_each_surface("tracking", "How stores are noticed: 1 for the state that it is in",
                        [&](const SurfaceRecord& surface, Labels labels) {
                            labels.emplace_back("state", surface.tracking_state);
                            out_.sample(labels, 1);
                        });
    }

    const std::vector<DisplayState>& displays_;
    OpenMetrics out_;
};

}  // namespace

void print_metrics(const Where& where) {
    try {
        Daemon daemon(where);
        const auto displays = daemon.states();
        std::cout << Metrics(displays).text(value_of<std::string>(daemon.manager_properties(), "Version"));
    } catch (const NotRunning&) {
        // A fact to be watched, and no failure of this program.
        OpenMetrics out;
        out.family("hvfbd_up", Type::gauge, "", "Whether the daemon answers");
        out.sample({}, 0);
        std::cout << out.text();
    }
}

}  // namespace hvfbctl
