#pragma once

#include "run/notify/shared_screen.h"
#include "run/notify/virtual_terminal.h"

namespace run {

// Starts a supervisor, which is no child of this process and leaves when the last program under it has ended,
// and puts its filter before this process's system calls: it is to become the program now. Throws
// std::system_error, after which this process is good for nothing.
void be_supervised(const ScreenSettings& settings, const TerminalSettings& terminals, bool explain);

}  // namespace run
