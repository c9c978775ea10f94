#include "text_console.h"

#include <algorithm>

#include "installed.h"

namespace hvfbctl {

namespace {

constexpr const char* unit_name = "hvfb-console.service";
constexpr const char* enable = "sudo systemctl enable --now hvfb-console";

bool draws_a_background(const SurfaceRecord& surface) {
    return surface.layer == "background" && surface.pid != 0;
}

}  // namespace

std::vector<Finding> findings_of(const TextConsole& console) {
    if (console.display.empty() || !console.terminals) return {};
    const auto found = [](Finding::Level level, const std::string& sentence, const std::string& mend) {
        return std::vector<Finding>{{level, "text console", sentence, mend}};
    };
    using enum Finding::Level;
    if (console.drawn) return found(ok, "a program draws it; it shows while no other program draws", "");
    const std::string nobody = "nobody draws it on " + console.display + ": ";
    if (console.loaded == "masked")
        return found(warn, nobody + "hvfb-console is masked",
                     std::string("sudo systemctl unmask hvfb-console && ") + enable);
    if (console.loaded.empty())
        return found(warn, nobody + "systemd does not say whether hvfb-console runs",
                     "sudo systemctl status hvfb-console");
    if (console.loaded != "loaded")
        return found(warn, nobody + "hvfb-console is not installed",
                     command_to_install("hvfbd-console") + " && " + enable);
    if (console.active == "failed")
        return found(warn, nobody + "hvfb-console has failed", "sudo journalctl -u hvfb-console -n 20");
    if (console.active == "inactive") return found(warn, nobody + "hvfb-console does not run", enable);
    return found(warn, nobody + "hvfb-console runs and has no surface yet",
                 "sudo journalctl -u hvfb-console -n 20");
}

TextConsole text_console_of(const std::vector<DisplayState>& displays) {
    TextConsole console;
    for (const DisplayState& display : displays) {
        // Memory is nobody's screen: its viewers look for what programs draw.
        if (value_of<std::string>(display.properties, "Output") == "memory") continue;
        if (console.display.empty()) console.display = display.name;
        console.drawn = console.drawn || std::ranges::any_of(display.surfaces, draws_a_background);
    }
    return console;
}

std::vector<Finding> examine_text_console(const Where& where, const std::filesystem::path& root,
                                          const std::vector<DisplayState>& displays) {
    TextConsole console = text_console_of(displays);
    if (console.display.empty()) return {};
    console.terminals = std::filesystem::exists(root / "dev/tty0");
    if (const auto unit = state_of_unit(*connect(where.bus), unit_name)) {
        console.loaded = unit->loaded;
        console.active = unit->active;
    }
    return findings_of(console);
}

}  // namespace hvfbctl
