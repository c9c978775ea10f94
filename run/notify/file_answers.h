#pragma once

#include <linux/seccomp.h>

#include <cstdint>

#include "run/notify/caller.h"
#include "run/notify/notifications.h"
#include "run/notify/shared_screen.h"
#include "run/notify/virtual_terminal.h"

namespace run {

// What a program is told that looks for a file, and does not open it. Paths and structures are the caller's.
class FileAnswers {
  public:
    FileAnswers(const Notifications& notifications, const SharedScreen& screen, VirtualTerminal& terminal)
        : notifications_(notifications), screen_(screen), terminal_(terminal) {}

    // Of a structure as the caller's architecture has it. `descriptor`: of the file, where the path is empty.
    Answer status(const seccomp_notif& call, Caller& caller, std::uint64_t path, std::uint64_t to,
                  bool follow, int descriptor);
    Answer extended_status(const seccomp_notif& call, Caller& caller, std::uint64_t path, std::uint64_t to,
                           bool follow, int descriptor);
    Answer access(Caller& caller, std::uint64_t path, int mode);
    Answer link(const seccomp_notif& call, Caller& caller, std::uint64_t path, std::uint64_t to,
                std::uint64_t size);

  private:
    template <typename Status>
    Answer status_as(const seccomp_notif& call, Caller& caller, std::uint64_t path, std::uint64_t to,
                     bool follow, int descriptor);

    const Notifications& notifications_;
    const SharedScreen& screen_;
    VirtualTerminal& terminal_;
};

}  // namespace run
