#pragma once

#include "run/preload/screen.h"
#include "run/preload/undisturbed.h"

namespace fbdev::preload {

// While one of these is held the screen is this thread's. Not to be held where the program's code may run.
class ScreenLock {
  public:
    ScreenLock();
    ~ScreenLock();
    ScreenLock(const ScreenLock&) = delete;
    ScreenLock& operator=(const ScreenLock&) = delete;

    // False where this thread holds it: in what libhvfb calls, and in the handler of a signal that the thread
    // brought upon itself. Others wait until it is given up.
    explicit operator bool() const { return taken_; }
    Screen* operator->() const;
    Screen& operator*() const;

  private:
    const Undisturbed undisturbed_;
    bool taken_;
};

// In a thread that works for the one that has the lock.
class LockOfAnother {
  public:
    LockOfAnother();
    ~LockOfAnother();
    LockOfAnother(const LockOfAnother&) = delete;
    LockOfAnother& operator=(const LockOfAnother&) = delete;
};

// Of this process, once.
void watch_forks();

}  // namespace fbdev::preload
