#include "run/notify/supervisor.h"

#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "run/file_status.h"
#include "run/keyboards/message.h"
#include "run/notify/calls.h"

namespace run {
namespace {

using fbdev::DeviceFile;
using namespace std::chrono_literals;

// A wait for the screen is a tick of its usual rate.
constexpr auto tick = 50ms;

std::size_t notification_size() {
    seccomp_notif_sizes sizes{};
    const bool known = ::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0;
    return std::max(sizeof(seccomp_notif), known ? std::size_t{sizes.seccomp_notif} : 0);
}

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

}  // namespace

Supervisor::Supervisor(hvfbd::Descriptor listener, ScreenSettings settings, bool explain)
    : listener_(std::move(listener)),
      screen_(std::move(settings)),
      explain_(explain),
      received_(notification_size()) {}

void Supervisor::run() {
    for (;;) {
        pollfd listener{listener_.get(), POLLIN, 0};
        const int ready = ::poll(&listener, 1, wait_ms());
        if (ready < 0 && errno != EINTR) return;
        if (ready > 0 && (listener.revents & POLLIN))
            receive();
        else if (ready > 0 && (listener.revents & (POLLHUP | POLLERR | POLLNVAL)))
            break;
        end_waits();
        if (screen_.is_open() && Clock::now() >= refresh_at_) {
            const int after = screen_.refresh();
            refresh_at_ = Clock::now() + std::chrono::milliseconds(after);
        }
    }
    // What was stored last, which may be kept.
    if (screen_.is_open()) screen_.show();
}

int Supervisor::wait_ms() const {
    auto next = screen_.is_open() ? refresh_at_ : Clock::time_point::max();
    for (const Waiting& waiting : waiting_) next = std::min(next, waiting.until);
    if (next == Clock::time_point::max()) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    return left > 0 ? static_cast<int>(left) : 0;
}

void Supervisor::end_waits() {
    const auto now = Clock::now();
    std::erase_if(waiting_, [this, now](const Waiting& waiting) {
        if (waiting.until > now) return false;
        send(waiting.id, {});
        return true;
    });
}

void Supervisor::receive() {
    std::ranges::fill(received_, std::byte{0});
    // Interrupted, or of a process that has ended meanwhile: there is nothing to answer.
    if (::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_RECV, received_.data()) != 0) return;
    seccomp_notif call;
    std::memcpy(&call, received_.data(), sizeof call);
    const Answer result = answer(call);
    if (!result.sent) send(call.id, result);
}

void Supervisor::send(std::uint64_t id, const Answer& answer) const {
    seccomp_notif_resp response{};
    response.id = id;
    response.val = answer.value;
    response.error = -answer.error;
    response.flags = answer.kernels ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
    // ENOENT: the process has ended, or a signal has taken the call from it.
    ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_SEND, &response);
}

bool Supervisor::is_there(const seccomp_notif& call) const {
    return ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &call.id) == 0;
}

void Supervisor::say(Caller& caller, const std::string& call, const Answer& answer) const {
    if (!explain_) return;
    std::cerr << ("[" + caller.name() + ' ' + std::to_string(caller.pid()) + "] " + call + " = " +
                  (answer.error ? std::string("-1 ") + ::strerrorname_np(answer.error)
                                : std::to_string(answer.value)) +
                  '\n');
}

Supervisor::Answer Supervisor::answer(const seccomp_notif& call) {
    const Architecture* const architecture = architecture_of(call.data.arch);
    const auto kind = architecture ? call_of(*architecture, static_cast<std::uint32_t>(call.data.nr))
                                   : std::optional<Call>();
    if (!kind) return {.kernels = true};
    Caller caller(static_cast<pid_t>(call.pid), architecture->narrow);
    const auto* const words = call.data.args;
    const auto number = [words](int index) { return static_cast<int>(words[index]); };
    switch (*kind) {
        case Call::open:
            return open(call, caller, words[0], number(1));
        case Call::openat:
            return open(call, caller, words[1], number(2));
        case Call::openat2: {
            std::uint64_t flags = 0;  // the first member of open_how
            if (!caller.read(words[2], &flags, sizeof flags)) return {.kernels = true};
            return open(call, caller, words[1], static_cast<int>(flags));
        }
        case Call::stat:
        case Call::lstat:
            return status(call, caller, words[0], words[1], *kind == Call::stat, -1);
        case Call::statat:
            return status(call, caller, words[1], words[2], !(number(3) & AT_SYMLINK_NOFOLLOW),
                          number(3) & AT_EMPTY_PATH ? number(0) : -1);
        case Call::fstat:
            return status(call, caller, 0, words[1], true, number(0));
        case Call::statx:
            return status_as<struct statx>(call, caller, words[1], words[4],
                                           !(number(2) & AT_SYMLINK_NOFOLLOW),
                                           number(2) & AT_EMPTY_PATH ? number(0) : -1);
        case Call::access:
            return access(caller, words[0], number(1));
        case Call::accessat:
            return access(caller, words[1], number(2));
        case Call::readlink:
            return link(call, caller, words[0], words[1], words[2]);
        case Call::readlinkat:
            return link(call, caller, words[1], words[2], words[3]);
        case Call::ioctl:
            return ioctl(call, caller);
    }
    return {.kernels = true};
}

int Supervisor::open_screen() {
    const bool first = !screen_.is_open();
    std::string error;
    const int result = screen_.open(error);
    if (result != 0 && explain_) std::cerr << "hvfb-run: " + error + '\n';
    if (result == 0 && first) refresh_at_ = Clock::now();
    return result;
}

Supervisor::Answer Supervisor::add_descriptor(const seccomp_notif& call, const hvfbd::Descriptor& descriptor,
                                              int flags) const {
    if (!descriptor) return {.error = errno};
    seccomp_notif_addfd added{};
    added.id = call.id;
    added.flags = SECCOMP_ADDFD_FLAG_SEND;
    added.srcfd = static_cast<std::uint32_t>(descriptor.get());
    added.newfd_flags = static_cast<std::uint32_t>(flags & O_CLOEXEC);
    const int number = ::ioctl(listener_.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &added);
    if (number < 0) return {.error = errno};
    return {.sent = true, .value = number};
}

Supervisor::Answer Supervisor::open(const seccomp_notif& call, Caller& caller, std::uint64_t path_at,
                                    int flags) {
    const std::string path = caller.path(path_at);
    Answer result;
    switch (fbdev::device_file(path)) {
        case DeviceFile::framebuffer:
            if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
                result.error = EEXIST;
            else if (flags & O_DIRECTORY)
                result.error = ENOTDIR;
            else if (const int error = open_screen())
                result.error = error;
            else
                result = add_descriptor(call, screen_.descriptor(flags), flags);
            break;
        case DeviceFile::attribute:
            result = open_attribute(call, path, flags);
            break;
        case DeviceFile::missing:
            result.error = ENOENT;
            break;
        default:
            if (screen_.keyboards().empty() || !may_be_input_device(path.c_str()) ||
                caller.user() != ::geteuid())
                return {.kernels = true};
            result = open_input_device(call, path, flags);
            break;
    }
    say(caller, "open(" + quoted(path) + ')', result);
    return result;
}

// Its keys come to the program alone while its surface is shown: see --grab.
Supervisor::Answer Supervisor::open_input_device(const seccomp_notif& call, const std::string& path,
                                                 int flags) {
    const hvfbd::Descriptor device(::open(path.c_str(), flags | O_CLOEXEC, 0));
    if (device && is_input_device(device.get()))
        tell_of_input_device(screen_.keyboards().c_str(), device.get());
    return add_descriptor(call, device, flags);
}

Supervisor::Answer Supervisor::open_attribute(const seccomp_notif& call, const std::string& path, int flags) {
    if ((flags & O_ACCMODE) != O_RDONLY) return {.error = EACCES};
    if (const int error = open_screen()) return {.error = error};
    char text[256];
    const std::size_t length = fbdev::attribute_text(path, screen_.device(), text, sizeof text);
    const hvfbd::Descriptor file(::memfd_create("fb0-attribute", MFD_CLOEXEC));
    if (!file || ::pwrite(file.get(), text, length, 0) != static_cast<ssize_t>(length))
        return {.error = errno};
    const hvfbd::Descriptor reading(
        ::open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
    return add_descriptor(call, reading, flags);
}

Supervisor::Answer Supervisor::ioctl(const seccomp_notif& call, Caller& caller) {
    const auto request = static_cast<std::uint32_t>(call.data.args[1]);
    const int descriptor = static_cast<int>(call.data.args[0]);
    const bool framebuffer = (request >> 8 & 0xff) == 'F';
    Answer result;
    const char* name = nullptr;
    if (framebuffer) {
        if (!screen_.is_open() || !caller.has(descriptor, screen_.device_number(), screen_.inode()))
            return {.kernels = true};
        if (!is_there(call)) return {.error = EINTR};
        const fbdev::FbAnswer answered = screen_.device().ioctl(request, call.data.args[2], caller.memory());
        result.error = answered.error;
        if (answered.effect == fbdev::FbEffect::mode) screen_.mode_changed();
        if (answered.effect == fbdev::FbEffect::mode || answered.effect == fbdev::FbEffect::pan)
            refresh_at_ = Clock::now();
        if (answered.effect == fbdev::FbEffect::wait_for_vsync) {
            waiting_.push_back({call.id, Clock::now() + tick});
            result.sent = true;
        }
        name = fbdev::fb_request_name(request);
    } else if (request == EVIOCGRAB) {
        // Who holds the keyboards has done that, and undoes it when the program's surface is not shown.
        if (!caller.has_input_device(descriptor)) return {.kernels = true};
        name = "EVIOCGRAB";
    } else {
        if (!fbdev::FakeTerminal::knows(request)) return {.kernels = true};
        if (!is_there(call)) return {.error = EINTR};
        result.error = terminal_.ioctl(request, call.data.args[2], caller.memory());
        name = fbdev::terminal_request_name(request);
    }
    say(caller, "ioctl(" + std::to_string(descriptor) + ", " + (name ? name : std::to_string(request)) + ')',
        result);
    return result;
}

Supervisor::Answer Supervisor::status(const seccomp_notif& call, Caller& caller, std::uint64_t path,
                                      std::uint64_t to, bool follow, int descriptor) {
    return caller.narrow() ? status_as<fbdev::NarrowStatus>(call, caller, path, to, follow, descriptor)
                           : status_as<struct stat>(call, caller, path, to, follow, descriptor);
}

template <typename Status>
Supervisor::Answer Supervisor::status_as(const seccomp_notif& call, Caller& caller, std::uint64_t path_at,
                                         std::uint64_t to, bool follow, int descriptor) {
    const std::string path = caller.path(path_at);
    DeviceFile file = fbdev::device_file(path);
    if (descriptor >= 0 && path.empty() && screen_.is_open() &&
        caller.has(descriptor, screen_.device_number(), screen_.inode()))
        file = DeviceFile::framebuffer;
    if (file == DeviceFile::none || file == DeviceFile::terminal) return {.kernels = true};
    Answer result;
    if (const mode_t mode = fbdev::mode_of(file, follow)) {
        Status status;
        fbdev::fill_status(status, mode, ::geteuid(), ::getegid());
        if (!is_there(call)) return {.error = EINTR};
        result.error = caller.write(to, &status, sizeof status) ? 0 : EFAULT;
    } else {
        result.error = ENOENT;
    }
    say(caller, "stat(" + quoted(path) + ')', result);
    return result;
}

Supervisor::Answer Supervisor::access(Caller& caller, std::uint64_t path_at, int mode) {
    const std::string path = caller.path(path_at);
    const DeviceFile file = fbdev::device_file(path);
    if (file == DeviceFile::none || file == DeviceFile::terminal) return {.kernels = true};
    const Answer result{.error = fbdev::access_error(file, mode)};
    say(caller, "access(" + quoted(path) + ')', result);
    return result;
}

Supervisor::Answer Supervisor::link(const seccomp_notif& call, Caller& caller, std::uint64_t path_at,
                                    std::uint64_t to, std::uint64_t size) {
    const std::string path = caller.path(path_at);
    const DeviceFile file = fbdev::device_file(path);
    if (file == DeviceFile::none || file == DeviceFile::terminal) return {.kernels = true};
    Answer result;
    if (file == DeviceFile::link) {
        const std::string_view target = fbdev::link_target(path);
        const std::size_t length = std::min<std::uint64_t>(target.size(), size);
        if (!is_there(call)) return {.error = EINTR};
        result.error = caller.write(to, target.data(), length) ? 0 : EFAULT;
        if (result.error == 0) result.value = static_cast<std::int64_t>(length);
    } else {
        result.error = file == DeviceFile::missing ? ENOENT : EINVAL;
    }
    say(caller, "readlink(" + quoted(path) + ')', result);
    return result;
}

}  // namespace run
