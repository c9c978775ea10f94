#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/command_line_parser.h"
#include "console/console.h"
#include "console/surface_screen.h"

namespace console {

// What hvfb-console takes on its command line. `program` puts it into the members beside it.
struct CommandLine {
    CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine() = default;

    // Nothing: go on. Otherwise the exit code, as CommandLineParser::parse() has it. What follows "--" is the
    // command, and its words are nobody's options here.
    std::optional<int> parse(int argc, const char* const* argv);
    Appearance appearance() const;
    // With the layer and the name that the command or the terminals have.
    SurfaceOptions surface_options() const;

    SurfaceOptions surface;
    std::string font, layer, control;
    std::string input;                 // with a command: the socket for what is typed to it; or empty
    std::vector<std::string> command;  // empty: the terminals of the kernel
    unsigned scale = 0, scrollback = 1000;
    // As they were written.
    std::string rotate = "0", cursor = "underline", blink = "background";
    tools::CommandLineParser program{
        "Shows the foreground virtual terminal of the kernel on a display of hvfbd.", "hvfb-console"};
};

tools::CommandLineModel command_line_model();

}  // namespace console
