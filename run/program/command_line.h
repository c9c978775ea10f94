#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/command_line_parser.h"

namespace run {

// What hvfb-run takes on its command line before the program's own begins.
struct CommandLine {
    CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine() = default;

    // As tools::CommandLineParser. The program and what follows it are taken as they are.
    std::optional<int> parse(int argc, char** argv);

    std::string method = "auto", bus, display, name, geometry, depth = "32", terminal = "auto";
    bool keep = false, grab = false, explain = false;
    std::vector<char*> command;  // the program and its arguments; `argv` owns them

    tools::CommandLineParser program{
        "Starts PROGRAM with a framebuffer, /dev/fb0, that is a surface on a display of hvfbd.", "hvfb-run"};
};

// WIDTHxHEIGHT, then nothing, @SCALE or @fit.
struct Geometry {
    unsigned width = 0, height = 0;
    unsigned scale = 1;  // 0: as often as it fits
};
std::optional<Geometry> read_geometry(const std::string& text);

tools::CommandLineModel command_line_model();

}  // namespace run
