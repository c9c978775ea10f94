#include <utility>

#include "bus.h"
#include "commands.h"
#include "common/numbers.h"

namespace hvfbctl {

namespace {

using Options = std::map<std::string, sdbus::Variant>;

std::pair<std::uint32_t, std::uint32_t> parse_mode(std::string_view text) {
    if (const auto mode = hvfbd::mode_in(text)) return *mode;
    throw UsageError("a mode is WIDTHxHEIGHT, such as 1920x1080; " + std::string(text) + " is not");
}

}  // namespace

void refresh_display(const Where& where) {
    Daemon(where).display().Refresh(Options{});
}

void set_mode(const Where& where, const std::string& mode) {
    const auto [width, height] = parse_mode(mode);
    Daemon(where).display().SetMode(width, height, Options{});
}

void reload_configuration(const Where& where) {
    Daemon(where).manager().Reload();
}

}  // namespace hvfbctl
