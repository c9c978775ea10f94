#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"
#include "bus.h"
#include "commands.h"
#include "common/numbers.h"
#include "for_caller.h"
#include "values.h"

namespace hvfbctl {

namespace {

using Options = std::map<std::string, sdbus::Variant>;
using Sizes = std::vector<sdbus::Struct<std::uint32_t, std::uint32_t>>;

std::pair<std::uint32_t, std::uint32_t> parse_mode(std::string_view text) {
    if (const auto mode = hvfbd::mode_in(text)) return *mode;
    throw UsageError("a mode is WIDTHxHEIGHT, such as 1920x1080; \"" + std::string(text) + "\" is not");
}

std::string mode_text(std::uint32_t width, std::uint32_t height) {
    return std::to_string(width) + "x" + std::to_string(height);
}

}  // namespace

void refresh_display(const Where& where) {
    Daemon(where).display().Refresh(Options{});
}

void set_mode(const Where& where, const std::string& mode) {
    const auto [width, height] = parse_mode(mode);
    Daemon(where).display().SetMode(width, height, Options{});
    const std::string text = mode_text(width, height);
    std::cout << "The mode is " << text << " until the service is stopped.\n"
              << "To keep it, put this into /etc/hvfbd/hvfbd.conf.d/zz-local.conf:\n[Output]\nMode=" << text
              << '\n';
}

void list_modes(const Where& where, bool json) {
    const Properties display = Daemon(where).state().properties;
    const auto width = value_of<std::uint32_t>(display, "Width"),
               height = value_of<std::uint32_t>(display, "Height");
    const auto modes = value_of<Sizes>(display, "Modes");
    if (json) {
        nlohmann::ordered_json object = {
            {"Width", width}, {"Height", height}, {"Modes", nlohmann::json::array()}};
        if (const auto found = display.find("Modes"); found != display.end())
            object["Modes"] = to_json(found->second);
        std::cout << as_text(object) << '\n';
        return;
    }
    const std::string now = mode_text(width, height);
    bool listed = false;
    for (const auto& mode : modes) {
        const std::string text = mode_text(std::get<0>(mode), std::get<1>(mode));
        std::cout << text << (text == now ? "  now" : "") << '\n';
        listed = listed || text == now;
    }
    if (!listed) std::cout << now << "  now\n";
    if (modes.empty()) std::cout << "The output takes others too: hvfbctl mode WIDTHxHEIGHT\n";
}

void reload_configuration(const Where& where) {
    Daemon daemon(where);
    daemon.manager().Reload();
    for (const std::string& warning : configuration_warnings(daemon.manager_properties()))
        std::cerr << "hvfbctl: configuration: " << hvfbd::escaped(for_caller(warning)) << '\n';
}

}  // namespace hvfbctl
