#pragma once

#include <signal.h>

namespace fbdev::preload {

// While one of these lives no handler of the program's runs in this thread, and the thread is not cancelled:
// either may leave by a jump, with a lock held. As in a system call they come after it. Signals that a thread
// brings upon itself are delivered.
class Undisturbed {
  public:
    Undisturbed();
    ~Undisturbed();
    Undisturbed(const Undisturbed&) = delete;
    Undisturbed& operator=(const Undisturbed&) = delete;

  private:
    sigset_t before_;
    int cancellation_ = 0;
};

// For what may take long, within an Undisturbed: signals without a handler end or stop the program as ever.
class MayBeEnded {
  public:
    MayBeEnded();
    ~MayBeEnded();
    MayBeEnded(const MayBeEnded&) = delete;
    MayBeEnded& operator=(const MayBeEnded&) = delete;

  private:
    sigset_t before_;
};

}  // namespace fbdev::preload
