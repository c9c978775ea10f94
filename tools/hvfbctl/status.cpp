#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/text.h"
#include "bus.h"
#include "commands.h"
#include "common/numbers.h"
#include "common/settings_table.h"
#include "configured_output.h"
#include "for_caller.h"
#include "reason.h"
#include "surface_list.h"
#include "table.h"
#include "values.h"

namespace hvfbctl {

namespace {

using nlohmann::ordered_json;

// What the daemon says at one moment, and what its files say.
struct Status {
    Properties manager, display;
    std::vector<SurfaceRecord> surfaces;
    ShownOrNot shown;
    std::optional<hvfbd::Configuration> files;  // none: it is not known which ones it reads
    std::string vnc_clients;                    // what hvfb-vnc says of them; empty: it does not run
};

const sdbus::Variant& property(const Properties& properties, const std::string& name) {
    const auto found = properties.find(name);
    if (found == properties.end()) throw std::runtime_error("the daemon has no property " + name);
    return found->second;
}

std::string text_of(const Properties& properties, const std::string& name) {
    return to_text(property(properties, name));
}

// What the files say of a setting, in the words that `set` takes.
std::string configured(const hvfbd::Configuration& files, const hvfbd::Setting& setting) {
    if (setting.name == hvfbd::log_level_setting.name) return files.log_level;
    for (const hvfbd::SettingField& field : hvfbd::setting_fields())
        if (field.setting.name == setting.name) return get(files.display, field);
    return {};
}

std::string with_unit(const hvfbd::Setting& setting, const std::string& value) {
    if (setting.unit == hvfbd::Setting::Unit::hertz) return value == "0" ? "no limit" : value + " Hz";
    const auto number = value_in(setting, value);
    return number ? shown(setting, *number) : value;
}

template <class Show>
void for_each_setting(const Show& show) {
    for (const hvfbd::Setting& setting : hvfbd::display_settings) show(setting);
    show(hvfbd::log_level_setting);
}

// Calls `differs` with each setting that is not what the files say, and what they say.
template <class Differs>
void for_each_difference(const Status& status, const Differs& differs) {
    if (!status.files) return;
    for_each_setting([&](const hvfbd::Setting& setting) {
        const auto& properties = &setting == &hvfbd::log_level_setting ? status.manager : status.display;
        const std::string said = configured(*status.files, setting);
        if (said != text_of(properties, std::string(setting.name))) differs(setting, said);
    });
}

ordered_json status_json(const Status& status) {
    ordered_json result;
    for (const auto& [name, value] : status.manager) result["Manager"][name] = to_json(value);
    for (const auto& [name, value] : status.display) result["Display"][name] = to_json(value);
    result["Display"]["FormatName"] = format_name(value_of<std::uint32_t>(status.display, "Format"));
    result["Surfaces"] = surfaces_json(status.surfaces);
    if (!status.files) return result;
    result["Configured"] = ordered_json::object();
    for_each_difference(status, [&](const hvfbd::Setting& setting, const std::string& said) {
        const auto number = hvfbd::whole_number(said);
        result["Configured"][std::string(setting.name)] = number ? ordered_json(*number) : ordered_json(said);
    });
    return result;
}

std::string modes_in_words(const Properties& display) {
    std::string all = to_text(property(display, "Modes"));
    const auto count = std::count(all.begin(), all.end(), ' ');
    if (count < 4) return all;
    return all.substr(0, all.find(' ')) + " and " + std::to_string(count) + " more; see: hvfbctl mode";
}

void print_head(const Status& status, const Style& style) {
    const Properties& display = status.display;
    const bool visible = value_of<bool>(display, "Visible");
    const std::string nobody = why_shown_to_nobody(status.shown);
    std::cout << style.paint(Colour::bold, text_of(display, "Name")) << ": " << text_of(display, "Output")
              << " output, " << text_of(display, "Width") << "x" << text_of(display, "Height") << " "
              << format_name(value_of<std::uint32_t>(display, "Format")) << ", stride "
              << text_of(display, "Stride") << ", "
              << style.paint(visible                    ? Colour::green
                             : is_trouble(status.shown) ? Colour::yellow
                                                        : Colour::none,
                             visible          ? "visible"
                             : nobody.empty() ? "hidden"
                                              : "nobody looks")
              << " (hvfbd " << text_of(status.manager, "Version") << ")\n";
    const std::string why = why_nothing_is_shown(status.shown);
    if (!why.empty())
        std::cout << style.paint(is_trouble(status.shown) ? Colour::yellow : Colour::none,
                                 hvfbd::escaped(for_caller(why)))
                  << '\n';
    if (!nobody.empty()) std::cout << for_caller(nobody) << '\n';
    for (const std::string& warning : configuration_warnings(status.manager))
        std::cout << style.paint(Colour::yellow, hvfbd::escaped("configuration: " + for_caller(warning)))
                  << '\n';
    std::cout << "modes: " << modes_in_words(display) << '\n';
}

// Who looks, as far as it is known: the daemon knows its viewers, of which hvfb-vnc is one for all its
// clients.
void print_viewers(const Status& status) {
    const auto viewers = value_of<std::uint32_t>(status.display, "Viewers");
    if (viewers > 0) std::cout << "viewers: " << viewers << '\n';
    if (!status.vnc_clients.empty()) std::cout << "hvfb-vnc: " << hvfbd::escaped(status.vnc_clients) << '\n';
}

void print_settings(const Status& status, const Style& style) {
    std::map<std::string_view, std::string> differences;
    for_each_difference(status, [&](const hvfbd::Setting& setting, const std::string& said) {
        differences[setting.name] = with_unit(setting, said);
    });
    Table table({Table::Align::left, Table::Align::left, Table::Align::left});
    for_each_setting([&](const hvfbd::Setting& setting) {
        const auto& properties = &setting == &hvfbd::log_level_setting ? status.manager : status.display;
        const auto found = differences.find(setting.name);
        const bool differs = found != differences.end();
        table.add(
            {std::string(setting.name), with_unit(setting, text_of(properties, std::string(setting.name))),
             differs ? "(files: " + found->second + ")" : ""},
            differs ? Colour::yellow : Colour::none);
    });
    std::cout << "\nsettings" << (differences.empty() ? "" : "; hvfbctl reload takes those of the files")
              << '\n';
    table.print(std::cout, "  ", style);
}

void print_statistics(const Properties& display, const Style& style) {
    Table table({Table::Align::left, Table::Align::right});
    for (const auto& [name, number] : value_of<std::map<std::string, std::uint64_t>>(display, "Statistics")) {
        if (name.ends_with("_ns"))
            table.add({name.substr(0, name.size() - 3), duration(static_cast<double>(number))});
        else
            table.add({name, grouped(number)});
    }
    std::cout << "\ncounters since the start\n";
    table.print(std::cout, "  ", style);
}

}  // namespace

void show_status(const Where& where, const StatusOptions& options, const Style& style) {
    Daemon daemon(where);
    DisplayState state = daemon.state();
    const ShownOrNot shown = shown_or_not(state);
    Status status{
        daemon.manager_properties(), std::move(state.properties), std::move(state.surfaces), shown, {}, {}};
    std::vector<hvfbd::ConfigurationWarning> warnings;
    if (where.bus == "system" || !options.root.empty())
        status.files = read_configuration(options.root.empty() ? "/" : options.root, warnings);
    if (options.json) {
        std::cout << as_text(status_json(status), 2) << '\n';
        return;
    }
    if (where.bus == "system")
        status.vnc_clients = status_of_service(*connect(where.bus), "hvfb-vnc.service");
    print_head(status, style);
    print_viewers(status);
    print_settings(status, style);
    std::cout << "\nsurfaces\n";
    print_surfaces(status.surfaces, std::cout, "  ", style);
    if (options.verbose) print_statistics(status.display, style);
}

}  // namespace hvfbctl
