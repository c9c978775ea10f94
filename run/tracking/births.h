#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/descriptor.h"

namespace run {

// A child that a process has begun by fork has its memory, and is not watched with it. To stop each fork for
// a moment would let a signal interrupt it, which no program expects: so children are looked for where there
// may be new ones. Pure.
class Births {
  public:
    using Time = std::chrono::steady_clock::time_point;

    // `newest`: the process or thread that was begun last, of all.
    void heard(pid_t newest, Time now);
    // Whether there may be children that were not found yet: they are a moment after they are begun.
    bool expected(Time now) const { return now < until_; }
    // Whether to look for them now, which takes as long as ten looks at the memory do: not each time.
    bool due(Time now);
    // Whether the picture is to be compared for those that are gone again: once a second at most.
    bool owed(Time now);

  private:
    std::optional<pid_t> newest_;
    bool owed_ = false;
    Time until_{}, compared_{}, looked_{};
};

// What the kernel says of processes.
class Newest {
  public:
    Newest();
    // Nothing: it does not say so.
    std::optional<pid_t> process() const;

  private:
    hvfbd::Descriptor file_;
};
// Children that have not ended, or were not waited for.
std::vector<pid_t> children_of(pid_t process);
// What children that were waited for have done, in all: it grows with each.
std::uint64_t work_of_ended_children(pid_t process);
std::vector<pid_t> all_processes();

}  // namespace run
