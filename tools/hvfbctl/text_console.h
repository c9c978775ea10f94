#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bus.h"
#include "machine.h"

namespace hvfbctl {

// What decides whether somebody draws the kernel's text console.
struct TextConsole {
    std::string display;         // one that is shown on a screen; empty: none is
    bool terminals = false;      // the kernel has virtual terminals
    bool drawn = false;          // a program has a surface of layer background
    std::string loaded, active;  // hvfb-console.service as systemd says it; empty: it does not say
};

// What of it the displays say. Pure.
TextConsole text_console_of(const std::vector<DisplayState>& displays);

// Nothing where there is no console to be drawn, or no screen. Pure.
std::vector<Finding> findings_of(const TextConsole& console);

// The same of the daemon that runs. `root`: as examine_machine() has it. Throws sdbus::Error, and
// std::system_error for what of the machine cannot be looked at.
std::vector<Finding> examine_text_console(const Where& where, const std::filesystem::path& root,
                                          const std::vector<DisplayState>& displays);

}  // namespace hvfbctl
