#include <iostream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/file_reading.h"
#include "commands.h"
#include "surface_list.h"
#include "table.h"
#include "user_name.h"
#include "values.h"

namespace hvfbctl {

namespace {

// The name of a process on this machine; empty where it is not seen.
std::string program_of(std::uint32_t pid) {
    return pid == 0 ? "" : hvfbd::first_line_of("/proc/" + std::to_string(pid) + "/comm");
}

std::optional<double> tracker_percent(const TrackerPercents& trackers, std::uint32_t surface) {
    const auto found = trackers.find(surface);
    return found == trackers.end() ? std::nullopt : found->second;
}

}  // namespace

std::string percent(std::optional<double> value) {
    if (!value) return "-";
    std::ostringstream text;
    text.setf(std::ios::fixed);
    text.precision(2);
    text << *value << " %";
    return text.str();
}

nlohmann::ordered_json surfaces_json(const std::vector<SurfaceRecord>& surfaces,
                                     const TrackerPercents* trackers) {
    auto list = nlohmann::ordered_json::array();
    for (const SurfaceRecord& surface : surfaces)
        list.push_back({{"Path", surface.path},
                        {"Number", surface.number},
                        {"Name", surface.name},
                        {"Active", surface.active},
                        {"Layer", surface.layer},
                        {"Pid", surface.pid},
                        {"Uid", surface.uid},
                        {"TrackingState", surface.tracking_state}});
    if (trackers != nullptr)
        for (auto& surface : list) {
            const auto known = tracker_percent(*trackers, surface["Number"]);
            surface["TrackerPercent"] = known ? nlohmann::ordered_json(*known) : nullptr;
        }
    return list;
}

void print_surfaces(const std::vector<SurfaceRecord>& surfaces, std::ostream& out, const char* indent,
                    const Style& style, const TrackerPercents* trackers) {
    using enum Table::Align;
    if (surfaces.empty()) {
        out << indent << "no surface is open\n";
        return;
    }
    Table table({right, left, left, left, left, right, left, left, right});
    table.add({"#", "name", "active", "layer", "user", "pid", "program", "tracking",
               trackers != nullptr ? "tracker" : ""});
    for (const SurfaceRecord& surface : surfaces)
        table.add({std::to_string(surface.number), surface.name, surface.active ? "yes" : "", surface.layer,
                   user_name(surface.uid), surface.pid == 0 ? "kept" : std::to_string(surface.pid),
                   program_of(surface.pid), surface.tracking_state,
                   trackers != nullptr ? percent(tracker_percent(*trackers, surface.number)) : ""},
                  surface.active ? Colour::bold : Colour::none);
    table.print(out, indent, style);
}

void list_surfaces(const Where& where, bool json, const Style& style) {
    const auto surfaces = Daemon(where).surfaces();
    if (json)
        std::cout << as_text(surfaces_json(surfaces), 2) << '\n';
    else
        print_surfaces(surfaces, std::cout, "", style);
}

void activate_surface(const Where& where, const std::string& which) {
    Daemon daemon(where);
    daemon.surface_proxy(daemon.surface(which)).Activate();
}

void close_surface(const Where& where, const std::string& which) {
    Daemon daemon(where);
    daemon.surface_proxy(daemon.surface(which)).Close();
}

}  // namespace hvfbctl
