#include <charconv>
#include <optional>
#include <utility>

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

void add_control(CLI::App& program, const Where& where) {
    program.add_subcommand("refresh", "Presents everything once, changed or not")->callback([&where] {
        Daemon(where).display().Refresh(Options{});
    });

    auto* const mode = program.add_subcommand("mode", "Changes the display's mode");
    const auto& text = mode->add_option("MODE", "WIDTHxHEIGHT in pixels")->required();
    mode->callback([&where, text] {
        const auto [width, height] = parse_mode(text->as<std::string>());
        Daemon(where).display().SetMode(width, height, Options{});
    });

    program.add_subcommand("reload", "Has the daemon read its configuration again")->callback([&where] {
        Daemon(where).manager().Reload();
    });
}

}  // namespace hvfbctl
