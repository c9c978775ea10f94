#include <charconv>
#include <optional>
#include <utility>

#include "bus.h"
#include "commands.h"

namespace hvfbctl {

namespace {

using Options = std::map<std::string, sdbus::Variant>;

std::optional<std::uint32_t> number(std::string_view text) {
    std::uint32_t value = 0;
    const auto [stopped, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stopped != text.data() + text.size()) return std::nullopt;
    return value;
}

std::pair<std::uint32_t, std::uint32_t> parse_mode(std::string_view text) {
    const auto cross = text.find('x');
    if (cross != std::string_view::npos) {
        const auto width = number(text.substr(0, cross));
        const auto height = number(text.substr(cross + 1));
        if (width && height) return {*width, *height};
    }
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
