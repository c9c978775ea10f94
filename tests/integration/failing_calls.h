#pragma once

namespace hvfbd::testing {

// One of the calls that acquire something fails: the kernel's (memfd_create, mmap, posix_fallocate, fcntl
// with F_DUPFD_CLOEXEC, socketpair, timerfd_create, eventfd, epoll_ctl, with what each of them says when
// there is no more), or operator new. A program that links failing_calls.cpp links with its --wrap= options,
// too.
class FailingCalls {
  public:
    enum class Kind { kernel, memory };

    // From now on the one after `passing` others.
    static void arm(Kind kind, unsigned passing);
    // None from now on. Whether one has failed.
    static bool disarm();
    // For fakes of what would acquire something: whether this is the call that fails.
    static bool fails(Kind kind);
    // What is called while it lives is not the daemon's own, and does not fail.
    class Pause {
      public:
        Pause();
        ~Pause();
        Pause(const Pause&) = delete;
        Pause& operator=(const Pause&) = delete;

      private:
        bool before_;
    };
};

}  // namespace hvfbd::testing
