#include "binding/kernel_controls.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "base/descriptor.h"
#include "base/error.h"
#include "base/file_reading.h"

namespace hvfbd {

namespace {

namespace fs = std::filesystem;

// What a kernel answers in probe functions; user space has no name for it.
constexpr int kernel_not_supported = 524;

}  // namespace

void MachineControls::write(const fs::path& file, const std::string& text) {
    const std::string tried = "write " + text.substr(0, text.find('\n')) + " to " + file.string();
    const Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
    if (!descriptor) throw_errno(tried);
    const ssize_t written = ::write(descriptor.get(), text.data(), text.size());
    if (written < 0) throw_errno(tried, errno == kernel_not_supported ? EOPNOTSUPP : errno);
    if (static_cast<std::size_t>(written) != text.size()) throw_errno(tried, EIO);
}

void MachineControls::load_module(const std::string& name) {
    if (!may_load_modules_) return;
    std::string option = "--quiet", module = name;
    for (const char* const program : {"/usr/sbin/modprobe", "/sbin/modprobe"}) {
        if (!is_there(program)) continue;
        std::string called = program;
        const std::array<char*, 4> arguments = {called.data(), option.data(), module.data(), nullptr};
        const std::array<char*, 1> environment = {nullptr};
        pid_t child = -1;
        if (posix_spawn(&child, program, nullptr, nullptr, arguments.data(), environment.data()) != 0) return;
        int status = 0;
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        return;
    }
}

bool MachineControls::wait_for(const fs::path& file) {
    using Clock = std::chrono::steady_clock;
    constexpr std::chrono::seconds timeout(5);
    const Clock::time_point deadline = Clock::now() + timeout;
    const Descriptor notifications(inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
    if (!notifications) throw_errno("wait for " + file.string());
    // Before the first look, so that nothing is missed between it and the wait.
    if (inotify_add_watch(notifications.get(), file.parent_path().c_str(), IN_CREATE | IN_MOVED_TO) < 0)
        throw_errno("wait for " + file.string());
    while (!is_there(file)) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        pollfd waiting = {notifications.get(), POLLIN, 0};
        if (::poll(&waiting, 1, static_cast<int>(left.count())) < 0 && errno != EINTR)
            throw_errno("wait for " + file.string());
        // Which names came does not matter: the file is looked for again.
        std::array<char, 4096> events = {};
        while (::read(notifications.get(), events.data(), events.size()) > 0) {
        }
    }
    return true;
}

}  // namespace hvfbd
