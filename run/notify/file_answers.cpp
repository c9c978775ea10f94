#include "run/notify/file_answers.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "run/device_files.h"
#include "run/file_status.h"

namespace run {

using fbdev::DeviceFile;

namespace {

// A kernel without any framebuffer has no folder in which one is looked for.
DeviceFile looked_for(const std::string& path) {
    return fbdev::is_class_folder(path) && ::access(path.c_str(), F_OK) != 0 ? DeviceFile::folder
                                                                             : fbdev::device_file(path);
}

}  // namespace

template <typename Status>
Answer FileAnswers::status_as(const seccomp_notif& call, Caller& caller, std::uint64_t path_at,
                              std::uint64_t to, bool follow, int descriptor) {
    const std::string path = caller.path(path_at);
    DeviceFile file = looked_for(path);
    if (descriptor >= 0 && path.empty() && screen_.is_framebuffer(caller, descriptor))
        file = DeviceFile::framebuffer;
    std::optional<struct stat> said;
    if (file == DeviceFile::none || file == DeviceFile::terminal) {
        said = terminal_.status(caller, path, descriptor);
        if (!said) return {.kernels = true};
    }
    Answer result;
    const mode_t mode = fbdev::mode_of(file, follow);
    if (said || mode != 0) {
        Status status;
        if (said)
            fbdev::fill_status(status, *said);
        else
            fbdev::fill_status(status, mode, ::geteuid(), ::getegid());
        if (!notifications_.is_there(call)) return {.error = EINTR};
        result.error = caller.write(to, &status, sizeof status) ? 0 : EFAULT;
    } else {
        result.error = ENOENT;
    }
    result.call = "stat(\"" + path + "\")";
    return result;
}

Answer FileAnswers::status(const seccomp_notif& call, Caller& caller, std::uint64_t path, std::uint64_t to,
                           bool follow, int descriptor) {
    return caller.narrow() ? status_as<fbdev::NarrowStatus>(call, caller, path, to, follow, descriptor)
                           : status_as<struct stat>(call, caller, path, to, follow, descriptor);
}

Answer FileAnswers::extended_status(const seccomp_notif& call, Caller& caller, std::uint64_t path,
                                    std::uint64_t to, bool follow, int descriptor) {
    return status_as<struct statx>(call, caller, path, to, follow, descriptor);
}

Answer FileAnswers::access(Caller& caller, std::uint64_t path_at, int mode) {
    const std::string path = caller.path(path_at);
    const DeviceFile file = looked_for(path);
    if (file == DeviceFile::none || (file == DeviceFile::terminal && !terminal_.status(caller, path, -1)))
        return {.kernels = true};
    return {.error = fbdev::access_error(file, mode), .call = "access(\"" + path + "\")"};
}

Answer FileAnswers::link(const seccomp_notif& call, Caller& caller, std::uint64_t path_at, std::uint64_t to,
                         std::uint64_t size) {
    const std::string path = caller.path(path_at);
    const DeviceFile file = fbdev::device_file(path);
    const std::string terminal = terminal_.name(caller, descriptor_named(path));
    if ((file == DeviceFile::none && terminal.empty()) || file == DeviceFile::terminal)
        return {.kernels = true};
    Answer result;
    if (file == DeviceFile::link || file == DeviceFile::elsewhere || !terminal.empty()) {
        const std::string_view target = terminal.empty() ? fbdev::link_target(path) : terminal;
        const std::size_t length = std::min<std::uint64_t>(target.size(), size);
        if (!notifications_.is_there(call)) return {.error = EINTR};
        result.error = caller.write(to, target.data(), length) ? 0 : EFAULT;
        if (result.error == 0) result.value = static_cast<std::int64_t>(length);
    } else {
        result.error = file == DeviceFile::missing ? ENOENT : EINVAL;
    }
    result.call = "readlink(\"" + path + "\")";
    return result;
}

}  // namespace run
