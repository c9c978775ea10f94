#pragma once

#include <string>
#include <vector>

#include "common/command_line_parser.h"
#include "hvhost/server.h"

namespace hvhost {

// What hvhost takes on its command line. `program` puts it into the members beside it.
struct CommandLine {
    CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;
    ~CommandLine() = default;

    ServerOptions options;
    bool background = false;
    // As they were written.
    std::string like = "windows", version, address = "0xf8000000", resolutions, seeds;
    std::vector<std::string> command;
    tools::CommandLineParser program{
        "Plays the Hyper-V host of a synthetic video device.\n"
        "With --socket or --ivshmem it serves; with --control and a command it tells a running one what to "
        "do.",
        "hvhost"};
};

tools::CommandLineModel command_line_model();

}  // namespace hvhost
