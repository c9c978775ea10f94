#pragma once

#include <linux/seccomp.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "run/device_files.h"
#include "run/fake_terminal.h"
#include "run/notify/caller.h"
#include "run/notify/shared_screen.h"

namespace run {

// Answers the system calls of programs that a filter stops, until the last of them has ended. One thread,
// which is all that its process does.
class Supervisor {
  public:
    Supervisor(hvfbd::Descriptor listener, ScreenSettings settings, bool explain);

    // Returns when no process has the filter any more.
    void run();

  private:
    using Clock = std::chrono::steady_clock;

    // What a call returns. `sent`: it has been said already, with a descriptor.
    struct Answer {
        bool sent = false, kernels = false;
        int error = 0;
        std::int64_t value = 0;
    };
    struct Waiting {
        std::uint64_t id;
        Clock::time_point until;
    };

    void receive();
    Answer answer(const seccomp_notif& call);
    Answer open(const seccomp_notif& call, Caller& caller, std::uint64_t path, int flags);
    Answer open_input_device(const seccomp_notif& call, const std::string& path, int flags);
    Answer open_attribute(const seccomp_notif& call, const std::string& path, int flags);
    Answer add_descriptor(const seccomp_notif& call, const hvfbd::Descriptor& descriptor, int flags) const;
    Answer ioctl(const seccomp_notif& call, Caller& caller);
    // Of a structure as the caller's architecture has it.
    Answer status(const seccomp_notif& call, Caller& caller, std::uint64_t path, std::uint64_t to,
                  bool follow, int descriptor);
    template <typename Status>
    Answer status_as(const seccomp_notif& call, Caller& caller, std::uint64_t path, std::uint64_t to,
                     bool follow, int descriptor);
    Answer access(Caller& caller, std::uint64_t path, int mode);
    Answer link(const seccomp_notif& call, Caller& caller, std::uint64_t path, std::uint64_t to,
                std::uint64_t size);
    int open_screen();
    bool is_there(const seccomp_notif& call) const;
    void send(std::uint64_t id, const Answer& answer) const;
    void say(Caller& caller, const std::string& call, const Answer& answer) const;
    int wait_ms() const;
    void end_waits();

    hvfbd::Descriptor listener_;
    SharedScreen screen_;
    fbdev::FakeTerminal terminal_;
    bool explain_;
    std::vector<std::byte> received_;
    std::vector<Waiting> waiting_;
    Clock::time_point refresh_at_{};
};

}  // namespace run
