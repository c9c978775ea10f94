// hvfb-console: the kernel's virtual terminals, or a command's, on a display of hvfbd.
#include <exception>
#include <iostream>
#include <string_view>

#include "common/standard_descriptors.h"
#include "console/command/service.h"
#include "console/command/terminal_process.h"
#include "console/command_line.h"
#include "console/service.h"

// NOLINTNEXTLINE(bugprone-exception-escape): what the set-up of the command line throws is a mistake in it
int main(int argc, char** argv) {
    hold_standard_descriptors();
    // Started by itself, for a sandbox.
    if (argc == 1 && std::string_view(argv[0]) == console::terminal_process_name)
        console::run_terminal_process();
    console::CommandLine line;
    if (const auto code = line.parse(argc, argv)) return *code;
    try {
        const console::ServiceOptions options{line.surface_options(), line.appearance(), line.font,
                                              line.control, line.input};
        if (!line.command.empty()) return console::serve_command(options, line.command);
        console::serve(options);
    } catch (const std::exception& error) {
        std::cerr << "hvfb-console: " << error.what() << '\n';
        return 1;
    }
    return 0;
}
