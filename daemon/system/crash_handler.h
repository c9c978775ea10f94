#pragma once

#include <functional>

namespace hvfbd {

// When the process dies of a signal (SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT), calls back once before it
// does: the screen shows the last picture then, as the kernel's driver did on a panic. One at a time; while
// it lives.
class CrashHandler {
  public:
    // `speak` runs in the signal handler, on a stack of its own: nothing in it may allocate, lock or throw.
    // If it faults itself, the process dies of that. Throws std::system_error.
    explicit CrashHandler(std::function<void()> speak);
    CrashHandler(const CrashHandler&) = delete;
    CrashHandler& operator=(const CrashHandler&) = delete;
    ~CrashHandler();
};

}  // namespace hvfbd
