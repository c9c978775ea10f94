// hvfb-run: a framebuffer for a program that knows nothing of hvfbd. It becomes that program.
#include <exception>
#include <iostream>

#include "run/program/command_line.h"
#include "run/program/launch.h"

// NOLINTNEXTLINE(bugprone-exception-escape): what the set-up of the command line throws is a mistake in it
int main(int argc, char** argv) {
    run::CommandLine line;
    if (const auto code = line.parse(argc, argv)) return *code;
    try {
        return run::launch(line);
    } catch (const std::exception& error) {
        std::cerr << "hvfb-run: " << error.what() << '\n';
        return 126;
    }
}
