#include "run/notify/supervisor.h"

#include <fcntl.h>
#include <linux/input.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <iterator>

#include "run/keyboards/message.h"
#include "run/notify/calls.h"

namespace run {
namespace {

using fbdev::DeviceFile;
using namespace std::chrono_literals;

// A wait for the screen is a tick of its usual rate.
constexpr auto tick = 50ms;
// Of programs of 32 bits, the unit of places in a file; others know no smaller one.
constexpr std::uint64_t mapped_unit = 4096;

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

}  // namespace

Supervisor::Supervisor(hvfbd::Descriptor listener, ScreenSettings settings, const TrackingSettings& tracking,
                       const TerminalSettings& terminals, bool explain)
    : notifications_(std::move(listener)),
      screen_(std::move(settings), tracking, explain),
      terminal_(terminals),
      files_(notifications_, screen_, terminal_),
      explain_(explain) {}

void Supervisor::run() {
    for (;;) {
        pollfd ends[] = {{notifications_.descriptor(), POLLIN, 0},
                         {terminal_.written(), POLLIN, 0},
                         {written_ ? -1 : screen_.written(), POLLIN, 0}};
        const pollfd& listener = ends[0];
        const int ready = ::poll(ends, std::size(ends), wait_ms());
        if (ready < 0 && errno != EINTR) return;
        if (ready > 0 && (listener.revents & POLLIN))
            receive();
        else if (ready > 0 && (listener.revents & (POLLHUP | POLLERR | POLLNVAL)))
            break;
        if (ready > 0 && ends[1].revents != 0) terminal_.discard();
        if (ready > 0 && ends[2].revents != 0) {
            written_ = true;
            refresh_at_ =
                std::min(refresh_at_, refreshed_at_ + std::chrono::milliseconds(LookTimes::soon_ms));
        }
        end_waits();
        if (screen_.is_open() && Clock::now() >= refresh_at_) refresh();
    }
    // What was stored last, which may be kept.
    if (screen_.is_open()) screen_.show();
}

void Supervisor::refresh() {
    written_ = false;
    const int after = screen_.refresh();
    refreshed_at_ = Clock::now();
    refresh_at_ = refreshed_at_ + std::chrono::milliseconds(after);
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
        notifications_.send(waiting.id, {});
        return true;
    });
}

void Supervisor::receive() {
    const std::optional<seccomp_notif> call = notifications_.receive();
    if (!call) return;
    const Answer result = answer(*call);
    // Before the program goes on, and may end.
    if (!result.kernels) say(*call, result);
    if (!result.sent) notifications_.send(call->id, result);
}

void Supervisor::say(const seccomp_notif& call, const Answer& answer) const {
    if (!explain_ || answer.call.empty()) return;
    const Caller caller(static_cast<pid_t>(call.pid), false);
    std::cerr << ("[" + caller.name() + ' ' + std::to_string(caller.pid()) + "] " + answer.call + " = " +
                  (answer.error ? std::string("-1 ") + ::strerrorname_np(answer.error)
                                : std::to_string(answer.value)) +
                  '\n');
}

Answer Supervisor::answer(const seccomp_notif& call) {
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
            return files_.status(call, caller, words[0], words[1], *kind == Call::stat, -1);
        case Call::statat:
            return files_.status(call, caller, words[1], words[2], !(number(3) & AT_SYMLINK_NOFOLLOW),
                                 number(3) & AT_EMPTY_PATH ? number(0) : -1);
        case Call::fstat:
            return files_.status(call, caller, 0, words[1], true, number(0));
        case Call::statx:
            return files_.extended_status(call, caller, words[1], words[4],
                                          !(number(2) & AT_SYMLINK_NOFOLLOW),
                                          number(2) & AT_EMPTY_PATH ? number(0) : -1);
        case Call::access:
            return files_.access(caller, words[0], number(1));
        case Call::accessat:
            return files_.access(caller, words[1], number(2));
        case Call::readlink:
            return files_.link(call, caller, words[0], words[1], words[2]);
        case Call::readlinkat:
            return files_.link(call, caller, words[1], words[2], words[3]);
        case Call::truncate:
            return refuse(caller, "ftruncate", number(0), EINVAL);
        case Call::allocate:
            return refuse(caller, "fallocate", number(0), ENODEV);
        case Call::map:
            return map(call, caller);
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

Answer Supervisor::open(const seccomp_notif& call, Caller& caller, std::uint64_t path_at, int flags) {
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
                result = notifications_.add_descriptor(call, screen_.memory().descriptor(flags), flags);
            break;
        case DeviceFile::attribute:
            result = open_attribute(call, path, flags);
            break;
        case DeviceFile::missing:
            result.error = ENOENT;
            break;
        case DeviceFile::link:
        case DeviceFile::folder:
            result = open_folder(call, path, flags);
            break;
        case DeviceFile::terminal:
            if (terminal_.is_kernels(path, flags)) return {.kernels = true};
            result = notifications_.add_descriptor(call, terminal_.open(caller, flags), flags);
            break;
        default:
            if (fbdev::is_class_folder(path)) {
                result = open_folder(call, path, flags);
                break;
            }
            // By the path of a descriptor: the kernel would shorten the memory, which a device it does not.
            if ((flags & O_TRUNC) && screen_.is_framebuffer(caller, descriptor_named(path))) {
                result = notifications_.add_descriptor(call, screen_.memory().descriptor(flags), flags);
                break;
            }
            if (screen_.keyboards().empty() || !may_be_input_device(path.c_str()) ||
                caller.user() != ::geteuid())
                return {.kernels = true};
            result = open_input_device(call, path, flags);
            break;
    }
    result.call = "open(" + quoted(path) + ')';
    return result;
}

Answer Supervisor::open_folder(const seccomp_notif& call, const std::string& path, int flags) {
    if ((flags & O_ACCMODE) != O_RDONLY) return {.error = EISDIR};
    if ((flags & O_NOFOLLOW) && fbdev::device_file(path) == DeviceFile::link) return {.error = ELOOP};
    // Who looks which framebuffers there are need not want this one.
    const bool attributes = !fbdev::is_class_folder(path);
    if (attributes)
        if (const int error = open_screen()) return {.error = error};
    const hvfbd::Descriptor folder =
        folders_.open(path, attributes || screen_.is_open() ? &screen_.device() : nullptr);
    if (!folder) return {.kernels = true};
    return notifications_.add_descriptor(call, folder, flags);
}

// Its keys come to the program alone while its surface is shown: see --grab.
Answer Supervisor::open_input_device(const seccomp_notif& call, const std::string& path, int flags) {
    const hvfbd::Descriptor device(::open(path.c_str(), flags | O_CLOEXEC, 0));
    if (device && is_input_device(device.get()))
        tell_of_input_device(screen_.keyboards().c_str(), device.get());
    return notifications_.add_descriptor(call, device, flags);
}

Answer Supervisor::open_attribute(const seccomp_notif& call, const std::string& path, int flags) {
    if ((flags & O_ACCMODE) != O_RDONLY) return {.error = EACCES};
    if (const int error = open_screen()) return {.error = error};
    char text[256];
    const std::size_t length = fbdev::attribute_text(path, screen_.device(), text, sizeof text);
    const hvfbd::Descriptor file(::memfd_create("fb0-attribute", MFD_CLOEXEC));
    if (!file || ::pwrite(file.get(), text, length, 0) != static_cast<ssize_t>(length))
        return {.error = errno};
    const hvfbd::Descriptor reading(
        ::open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
    return notifications_.add_descriptor(call, reading, flags);
}

Answer Supervisor::ioctl(const seccomp_notif& call, Caller& caller) {
    const auto request = static_cast<std::uint32_t>(call.data.args[1]);
    const int descriptor = static_cast<int>(call.data.args[0]);
    const bool framebuffer = (request >> 8 & 0xff) == 'F';
    Answer result;
    const char* name = nullptr;
    if (framebuffer) {
        if (!screen_.is_framebuffer(caller, descriptor)) return {.kernels = true};
        if (!notifications_.is_there(call)) return {.error = EINTR};
        const fbdev::FbDevice before = screen_.device();
        const fbdev::FbAnswer answered = screen_.device().ioctl(request, call.data.args[2], caller.memory());
        result.error = answered.error;
        if (answered.effect == fbdev::FbEffect::mode) {
            result.error = screen_.mode_changed();
            if (result.error != 0) screen_.device() = before;
        }
        if (answered.effect == fbdev::FbEffect::pan) screen_.panned();
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
        if (!fbdev::FakeTerminal::knows(request) || terminal_.is_kernels(caller, descriptor))
            return {.kernels = true};
        if (!notifications_.is_there(call)) return {.error = EINTR};
        result.error = terminal_.ioctl(request, call.data.args[2], caller);
        name = fbdev::terminal_request_name(request);
    }
    result.call =
        "ioctl(" + std::to_string(descriptor) + ", " + (name ? name : std::to_string(request)) + ')';
    return result;
}

// Whoever else has the descriptor meanwhile gets what the kernel says of the framebuffer's.
Answer Supervisor::refuse(const Caller& caller, const char* name, int descriptor, int error) const {
    if (!screen_.is_framebuffer(caller, descriptor)) return {.kernels = true};
    return {.error = error, .call = name + ('(' + std::to_string(descriptor) + ')')};
}

// Behind the end the kernel maps what it ends a program for that stores there. All that it refuses by itself
// it is to refuse.
Answer Supervisor::map(const seccomp_notif& call, Caller& caller) {
    const std::uint64_t size = call.data.args[1];
    const std::uint64_t offset = call.data.args[5] * (caller.narrow() ? mapped_unit : 1);
    const std::uint64_t whole = (size + mapped_unit - 1) / mapped_unit * mapped_unit;
    constexpr std::uint64_t most = std::uint64_t{1} << 46;
    const bool may_be = size > 0 && size <= most && offset % mapped_unit == 0 && offset <= UINT64_MAX - whole;
    const int descriptor = static_cast<int>(call.data.args[4]);
    if (!may_be) return {.kernels = true};
    if (offset + whole > screen_.device().fix().smem_len) return refuse(caller, "mmap", descriptor, EINVAL);
    if (!screen_.is_framebuffer(caller, descriptor) || caller.has_for_reading(descriptor))
        return {.kernels = true};
    screen_.maps(caller.pid(), [&] { notifications_.send(call.id, {.kernels = true}); });
    return {.sent = true};
}

}  // namespace run
