#pragma once

#include <optional>
#include <string>

#include "common/command_line_parser.h"

namespace input {

// What hvfb-inputd takes on its command line. `program` puts it into the members beside it.
struct CommandLine {
    CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine() = default;

    // Nothing: go on. Otherwise the exit code, as CommandLineParser::parse() has it.
    std::optional<int> parse(int argc, const char* const* argv) { return program.parse(argc, argv); }

    std::string listen;
    unsigned most_clients = 64;
    tools::CommandLineParser program{"Turns the keys and the pointer of viewers into devices of the kernel.",
                                     "hvfb-inputd"};
};

tools::CommandLineModel command_line_model();

}  // namespace input
