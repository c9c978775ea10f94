#include <iostream>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "bus.h"
#include "commands.h"
#include "common/numbers.h"
#include "common/settings_table.h"
#include "surface_list.h"
#include "table.h"
#include "values.h"

namespace hvfbctl {

namespace {

using nlohmann::ordered_json;

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
        if (name != "Statistics" && hvfbd::setting_named(name) == nullptr) shown[name] = to_json(value);
    shown["FormatName"] = format_name(get<std::uint32_t>(display, "Format"));
    for (const hvfbd::Setting& limit : hvfbd::display_settings) {
        const std::string name(limit.name);
        result["limits"][name] = to_json(display.at(name));
    }
    result["surfaces"] = surfaces_json(surfaces);
    result["statistics"] = to_json(display.at("Statistics"));
    return result;
}

// Why nothing is shown, and what mends it; empty: something is.
std::string why_dark(const Properties& display) {
    if (const std::string problem = get<std::string>(display, "Problem"); !problem.empty())
        return "nothing is shown: " + problem + "\n";
    if (get<bool>(display, "Visible") || get<std::string>(display, "WhenHidden") == "ignore") return {};
    return "hidden: nobody looks (open a viewer, or set WhenHidden=ignore)\n";
}

std::string limit_text(hvfbd::Setting::Unit unit, const sdbus::Variant& value) {
    std::string text = to_text(value);
    const auto number = hvfbd::whole_number(text);
    if (!number || unit == hvfbd::Setting::Unit::none) return text;
    if (unit == hvfbd::Setting::Unit::microseconds) return duration(static_cast<double>(*number) * 1000);
    return *number == 0 ? "none" : text + " Hz";
}

void print_limits(const Properties& display) {
    Table table({Table::Align::left, Table::Align::left});
    for (const hvfbd::Setting& limit : hvfbd::display_settings) {
        const std::string name(limit.name);
        table.add({name, limit_text(limit.unit, display.at(name))});
    }
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
              << get<std::string>(manager, "Version") << ")\n"
              << hvfbd::escaped(why_dark(display), "\n") << "modes: " << to_text(display.at("Modes"))
              << "\nactive: " << std::string(get<sdbus::ObjectPath>(display, "ActiveSurface"))
              << "\n\nlimits\n";
    print_limits(display);
    std::cout << "\nsurfaces\n";
    print_surfaces(surfaces, std::cout, "  ");
    std::cout << "\ncounters since the start\n";
    print_statistics(display);
}

}  // namespace hvfbctl
