#pragma once

#include "where.h"

namespace hvfbctl {

enum ExitCode { success = 0, failure = 1, wrong_usage = 2 };

// Parses the command line into `where` and runs its command, whose exceptions come through. Writes what is
// wrong with the command line itself.
ExitCode run_command_line(int argc, char** argv, Where& where);

}  // namespace hvfbctl
