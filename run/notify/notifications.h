#pragma once

#include <linux/seccomp.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/descriptor.h"

namespace run {

// What a call returns. `sent`: it has been said already, with a descriptor. `kernels`: the kernel answers.
// `call`: as a person reads it.
struct Answer {
    bool sent = false, kernels = false;
    int error = 0;
    std::int64_t value = 0;
    std::string call{};
};

// Where the calls that a filter stops are received and answered.
class Notifications {
  public:
    explicit Notifications(hvfbd::Descriptor listener);

    int descriptor() const { return listener_.get(); }
    // None: a signal came between, or the process has ended meanwhile.
    std::optional<seccomp_notif> receive();
    // Whether the process still waits: before that nothing is written into a process of its number.
    bool is_there(const seccomp_notif& call) const;
    void send(std::uint64_t id, const Answer& answer) const;
    // Answers with this file, which is a descriptor of the program's then. Without one: with errno.
    Answer add_descriptor(const seccomp_notif& call, const hvfbd::Descriptor& descriptor, int flags) const;

  private:
    hvfbd::Descriptor listener_;
    std::vector<std::byte> received_;
};

}  // namespace run
