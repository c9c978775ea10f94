#pragma once

#include <functional>

namespace run {

// Starts a process beside the program that this one becomes. It has nothing of the program's: no parent, no
// terminal, no session, no signals and no descriptor, whose other end would wait for it, but `kept`, which is
// number 3 there. It is listed as `name`. With `speaks` it keeps standard error. `work` does not return to
// the caller. Throws std::system_error.
void start_beside(const char* name, int kept, bool speaks, const std::function<void()>& work);

}  // namespace run
