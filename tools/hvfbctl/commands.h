#pragma once

#include <CLI/CLI.hpp>

#include "bus.h"

namespace hvfbctl {

// Each adds its subcommands to `program`. A command runs after everything is parsed, with `where` complete;
// it throws UsageError, sdbus::Error or std::runtime_error when it fails. `where` outlives `program`.
void add_status(CLI::App& program, const Where& where);
void add_top(CLI::App& program, const Where& where);
void add_properties(CLI::App& program, const Where& where);  // get, set
void add_surfaces(CLI::App& program, const Where& where);    // surfaces, activate, close
void add_pictures(CLI::App& program, const Where& where);    // screenshot, watch
void add_control(CLI::App& program, const Where& where);     // refresh, mode, reload
void add_doctor(CLI::App& program, const Where& where);

inline CLI::Option* add_json(CLI::App& command) {
    return command.add_flag("--json")->description("for programs, not for people");
}

// Thrown by a command that has said everything already: ends the program with exit code 1, silently.
struct Failed {};

}  // namespace hvfbctl
