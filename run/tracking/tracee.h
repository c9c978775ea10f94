#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/descriptor.h"

namespace run {

// A thread of a program that this thread traces, for a moment. All of it is one thread's of this process;
// where that ends, the kernel lets the program go.
class Tracee {
  public:
    using Deadline = std::chrono::steady_clock::time_point;

    Tracee() = default;
    Tracee(const Tracee&) = delete;
    Tracee& operator=(const Tracee&) = delete;
    ~Tracee() { let_go(); }

    // Has it stop when it comes back from the kernel. 0 or an errno.
    int seize(pid_t thread);
    // Waits until it stands there. False: it has ended, or did not come in time, or has to receive a signal
    // first.
    bool wait(Deadline deadline);
    // When it was stopped by wait: goes on, with the signal that it had stopped for.
    void let_go();

    pid_t thread() const { return thread_; }
    // Whether the call that it comes back from gave an error.
    bool has_failed() const;
    // Has it make a userfaultfd, takes that, and leaves the thread as it was. None: `refused` says why.
    hvfbd::Descriptor make_userfaultfd(pid_t process, std::string& refused);

  private:
    std::optional<int> stop(Deadline deadline);
    std::optional<std::int64_t> call(std::uint32_t number, std::uint32_t argument);
    std::string wrong_with_calls() const;
    bool step();

    pid_t thread_ = 0;
    bool stopped_ = false;
    int signal_ = 0;  // that it stopped for
};

}  // namespace run
