#pragma once

#include <linux/seccomp.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "run/device_files.h"
#include "run/notify/caller.h"
#include "run/notify/device_folders.h"
#include "run/notify/file_answers.h"
#include "run/notify/notifications.h"
#include "run/notify/shared_screen.h"
#include "run/notify/virtual_terminal.h"

namespace run {

// Answers the system calls of programs that a filter stops, until the last of them has ended. One thread,
// which is all that its process does.
class Supervisor {
  public:
    Supervisor(hvfbd::Descriptor listener, ScreenSettings settings, const TrackingSettings& tracking,
               const TerminalSettings& terminals, bool explain);

    // Returns when no process has the filter any more.
    void run();

  private:
    using Clock = std::chrono::steady_clock;

    struct Waiting {
        std::uint64_t id;
        Clock::time_point until;
    };

    void receive();
    Answer answer(const seccomp_notif& call);
    Answer open(const seccomp_notif& call, Caller& caller, std::uint64_t path, int flags);
    Answer open_input_device(const seccomp_notif& call, const std::string& path, int flags);
    Answer open_attribute(const seccomp_notif& call, const std::string& path, int flags);
    Answer open_folder(const seccomp_notif& call, const std::string& path, int flags);
    // What is about the memory, by a descriptor of it.
    Answer refuse(const Caller& caller, const char* name, int descriptor, int error) const;
    Answer map(const seccomp_notif& call, Caller& caller);
    void refresh();
    Answer ioctl(const seccomp_notif& call, Caller& caller);
    int open_screen();
    void say(const seccomp_notif& call, const Answer& answer) const;
    int wait_ms() const;
    void end_waits();

    Notifications notifications_;
    SharedScreen screen_;
    DeviceFolders folders_;
    VirtualTerminal terminal_;
    FileAnswers files_;
    bool explain_;
    std::vector<Waiting> waiting_;
    Clock::time_point refresh_at_{}, refreshed_at_{};
    bool written_ = false;  // and the next refresh is as soon as it may be
};

}  // namespace run
