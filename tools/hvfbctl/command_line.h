#pragma once

#include "common/command_line_parser.h"
#include "where.h"

namespace hvfbctl {

enum ExitCode { success = 0, failure = 1, wrong_usage = 2 };

// Parses the command line into `where` and runs its command, whose exceptions come through. Writes what is
// wrong with the command line itself.
ExitCode run_command_line(int argc, char** argv, Where& where);

// What that command line may hold.
tools::CommandLineModel command_line_model();

}  // namespace hvfbctl
