#include "console/terminal_events.h"

#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <system_error>

namespace console {

namespace {

constexpr const char* active_file = "/sys/class/tty/tty0/active";
constexpr const char* folder = "/dev";

std::system_error failed(const char* what) {
    return {errno, std::system_category(), what};
}

}  // namespace

TerminalEvents::TerminalEvents()
    : active_(::open(active_file, O_RDONLY | O_CLOEXEC)), folder_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
    if (!active_) throw failed("open /sys/class/tty/tty0/active");
    if (!folder_) throw failed("watch /dev (inotify)");
    // IN_ATTRIB: udev gives the files to group tty after they were made.
    if (::inotify_add_watch(folder_.get(), folder, IN_CREATE | IN_ATTRIB | IN_ONLYDIR) < 0)
        throw failed("watch /dev (inotify)");
    take_switch();
}

void TerminalEvents::take_switch() const {
    std::array<char, 64> name{};
    if (::pread(active_.get(), name.data(), name.size(), 0) < 0)
        throw failed("read /sys/class/tty/tty0/active");
}

bool TerminalEvents::take_creation() const {
    bool found = false;
    alignas(inotify_event) std::array<char, 4096> events{};
    for (;;) {
        const ssize_t length = ::read(folder_.get(), events.data(), events.size());
        if (length <= 0) return found;
        for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(length);) {
            inotify_event event{};
            std::memcpy(&event, events.data() + at, sizeof event);
            const std::string_view name(event.len > 0 ? events.data() + at + sizeof event : "");
            // When the queue has overflowed, nobody knows.
            found = found || name.starts_with("vcsu") || (event.mask & IN_Q_OVERFLOW) != 0;
            at += sizeof event + event.len;
        }
    }
}

}  // namespace console
