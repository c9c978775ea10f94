#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "bus.h"
#include "commands.h"
#include "surface_list.h"
#include "table.h"
#include "values.h"

namespace hvfbctl {

namespace {

using nlohmann::ordered_json;

constexpr auto limits = {"RefreshLimit", "RefreshMode", "SettleDelay", "IdleTimeout",
                         "Tracking",     "MaxRects",    "WhenHidden"};

template <class Value>
Value get(const Properties& properties, const char* name) {
    const auto found = properties.find(name);
    if (found == properties.end())
        throw std::runtime_error(std::string("the daemon has no property ") + name);
    return found->second.get<Value>();
}

ordered_json status_json(const Properties& display, const Properties& manager,
                         const std::vector<SurfaceRecord>& surfaces) {
    ordered_json result;
    result["version"] = to_json(manager.at("Version"));
    ordered_json& shown = result["display"];
    for (const auto& [name, value] : display)
        if (name != "Statistics" && std::ranges::find(limits, name) == limits.end())
            shown[name] = to_json(value);
    shown["FormatName"] = format_name(get<std::uint32_t>(display, "Format"));
    for (const char* name : limits) result["limits"][name] = to_json(display.at(name));
    result["surfaces"] = surfaces_json(surfaces);
    result["statistics"] = to_json(display.at("Statistics"));
    return result;
}

std::string limit_text(std::string_view name, const sdbus::Variant& value) {
    if (value.peekValueType() == "t") return duration(static_cast<double>(value.get<std::uint64_t>()) * 1000);
    if (name != "RefreshLimit") return to_text(value);
    const auto limit = value.get<std::uint32_t>();
    return limit == 0 ? "none" : std::to_string(limit) + " Hz";
}

void print_limits(const Properties& display) {
    Table table({Table::Align::left, Table::Align::left});
    for (const char* name : limits) table.add({name, limit_text(name, display.at(name))});
    table.print(std::cout, "  ");
}

void print_statistics(const Properties& display) {
    Table table({Table::Align::left, Table::Align::right});
    for (const auto& [name, number] : get<std::map<std::string, std::uint64_t>>(display, "Statistics")) {
        if (name.ends_with("_ns"))
            table.add({name.substr(0, name.size() - 3), duration(static_cast<double>(number))});
        else
            table.add({name, grouped(number)});
    }
    table.print(std::cout, "  ");
}

}  // namespace

void show_status(const Where& where, bool json) {
    Daemon daemon(where);
    const auto surfaces = daemon.surfaces();
    const Properties display = daemon.display_properties();
    const Properties manager = daemon.manager_properties();
    if (json) {
        std::cout << as_text(status_json(display, manager, surfaces), 2) << '\n';
        return;
    }
    std::cout << get<std::string>(display, "Name") << ": " << get<std::string>(display, "Output")
              << " output, " << get<std::uint32_t>(display, "Width") << "x"
              << get<std::uint32_t>(display, "Height") << " "
              << format_name(get<std::uint32_t>(display, "Format")) << ", stride "
              << get<std::uint32_t>(display, "Stride") << ", "
              << (get<bool>(display, "Visible") ? "visible" : "hidden") << " (hvfbd "
              << get<std::string>(manager, "Version") << ")\nmodes: " << to_text(display.at("Modes"))
              << "\nactive: " << std::string(get<sdbus::ObjectPath>(display, "ActiveSurface"))
              << "\n\nlimits\n";
    print_limits(display);
    std::cout << "\nsurfaces\n";
    print_surfaces(surfaces, std::cout, "  ");
    std::cout << "\ncounters since the start\n";
    print_statistics(display);
}

}  // namespace hvfbctl
