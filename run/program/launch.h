#pragma once

#include "run/program/command_line.h"

namespace run {

// Becomes the program. Returns the exit code where it cannot, and has said why: 69 no display of hvfbd can be
// drawn on, 126 the program cannot be started, or not so, 127 there is no such program.
int launch(const CommandLine& line);

}  // namespace run
