// open(2) and its kin, by every name that the C library has for them.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>

#include "run/keyboards/message.h"
#include "run/lone_terminal.h"
#include "run/preload/descriptors.h"
#include "run/preload/explain.h"
#include "run/preload/exported.h"
#include "run/preload/open.h"
#include "run/preload/own_terminal.h"
#include "run/preload/paths.h"
#include "run/preload/real_calls.h"
#include "run/preload/screen_lock.h"
#include "run/preload/settings.h"

namespace fbdev::preload {
namespace {

int not_opened(int error) {
    errno = error;
    return -1;
}

int open_framebuffer(int flags) {
    const bool names = flags & O_PATH;  // and opens nothing
    if (!names && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) return not_opened(EEXIST);
    if (flags & O_DIRECTORY) return not_opened(ENOTDIR);
    // First, so that it has the lowest number: shells count on it.
    const int fd = reserve_descriptor();
    if (fd < 0) return not_opened(-fd);
    int error = 0;
    // What is only written to is the redirection of a shell, which hands it on: the program that writes has
    // the surface.
    if (!names && (flags & O_ACCMODE) != O_WRONLY) {
        const ScreenLock screen;
        error = screen ? screen->open() : EBUSY;
    }
    if (error == 0) error = -become_framebuffer(fd, flags);
    if (error == 0) return fd;
    syscall(SYS_close, fd);
    return not_opened(error);
}

int open_attribute(const char* path, int flags) {
    if ((flags & O_ACCMODE) != O_RDONLY) return not_opened(EACCES);
    const int fd = reserve_descriptor();
    if (fd < 0) return not_opened(-fd);
    char text[256];
    int error = 0;
    {
        const ScreenLock screen;
        error = screen ? screen->open() : EBUSY;
        if (error == 0)
            error = -become_text(fd, flags, text, attribute_text(path, screen->device(), text, sizeof text));
    }
    if (error == 0) return fd;
    syscall(SYS_close, fd);
    return not_opened(error);
}

// The other end of all terminals at which nobody types. Closed by the program, it is missed at the next one.
constinit std::atomic<int> lone_master{-1};

int open_noted(int master, int flags) {
    const int fd = open_lone_terminal(master, flags);
    if (fd >= 0 && terminals == Terminals::fake) note_lone_terminal(fd);
    return fd;
}

int open_alone(int flags) {
    const int before = lone_master.load();
    if (const int fd = open_noted(before, flags); fd >= 0) return fd;
    int master = open_lone_master();
    if (master < 0) return -1;
    // Where no program looks for the number of a file that it opens.
    if (const int high = static_cast<int>(syscall(SYS_fcntl, master, F_DUPFD_CLOEXEC, 512)); high >= 0) {
        syscall(SYS_close, master);
        master = high;
    }
    lone_master.store(master);
    return open_noted(master, flags);
}

// Of the kernel's, where that has it. False: the kernel alone is to answer.
bool open_terminal(const char* path, int flags, int& fd) {
    if (terminals == Terminals::kernels) return false;
    // What is not there is not to become a file.
    const int wanted = flags & ~(O_CREAT | O_EXCL | O_TRUNC);
    if (terminals == Terminals::where_missing) {
        char name[32];
        terminal_name(path, name, sizeof name);
        fd = real.open(name, wanted);
        if (fd >= 0) return true;
    }
    // The one that the program has. What is only written to it would fill one that nobody reads.
    fd = open_own_terminal(wanted);
    if (fd < 0) fd = real.open("/dev/tty", wanted);
    if (fd < 0 && (flags & O_ACCMODE) != O_WRONLY) fd = open_alone(flags);
    if (fd < 0) fd = real.open("/dev/null", wanted);
    EXPLAIN("open(\"%s\", %#o) = %d%s%s: a fake terminal", path, static_cast<unsigned>(flags), fd,
            fd < 0 ? " " : "", fd < 0 ? strerrorname_np(errno) : "");
    return true;
}

// Its keys come to the program alone while its surface is shown: see --grab.
int open_input_device(const char* path, int flags) {
    const int fd = real.open(path, flags, 0);
    if (fd >= 0 && run::is_input_device(fd)) run::tell_of_input_device(keyboards, fd);
    return fd;
}

}  // namespace

bool open_ours(const char* call, const char* path, int flags, int& fd) {
    switch (file_of(path)) {
        case DeviceFile::framebuffer:
            fd = open_framebuffer(flags);
            break;
        case DeviceFile::attribute:
            fd = open_attribute(path, flags);
            break;
        case DeviceFile::terminal:
            return open_terminal(path, flags, fd);
        case DeviceFile::missing:
            fd = not_opened(ENOENT);
            break;
        default:
            if (__builtin_expect(keyboards != nullptr, 0) && run::may_be_input_device(path)) {
                fd = open_input_device(path, flags);
                return true;
            }
            return false;
    }
    EXPLAIN("%s(\"%s\", %#o) = %d%s%s", call, path, static_cast<unsigned>(flags), fd, fd < 0 ? " " : "",
            fd < 0 ? strerrorname_np(errno) : "");
    return true;
}

}  // namespace fbdev::preload

using namespace fbdev::preload;

#define MODE_OF(flags)                     \
    mode_t mode = 0;                       \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list list;                      \
        va_start(list, flags);             \
        mode = va_arg(list, mode_t);       \
        va_end(list);                      \
    }

EXPORTED int open(const char* path, int flags, ...) {
    MODE_OF(flags)
    int fd;
    return open_ours("open", path, flags, fd) ? fd : real.open(path, flags, mode);
}

EXPORTED int open64(const char* path, int flags, ...) {
    MODE_OF(flags)
    int fd;
    return open_ours("open64", path, flags, fd) ? fd : real.open64(path, flags, mode);
}

EXPORTED int openat(int folder, const char* path, int flags, ...) {
    MODE_OF(flags)
    int fd;
    return open_ours("openat", path, flags, fd) ? fd : real.openat(folder, path, flags, mode);
}

EXPORTED int openat64(int folder, const char* path, int flags, ...) {
    MODE_OF(flags)
    int fd;
    return open_ours("openat64", path, flags, fd) ? fd : real.openat64(folder, path, flags, mode);
}

// Those of _FORTIFY_SOURCE.
EXPORTED int __open_2(const char* path, int flags) {
    int fd;
    return open_ours("__open_2", path, flags, fd) ? fd : real.open(path, flags);
}

EXPORTED int __open64_2(const char* path, int flags) {
    int fd;
    return open_ours("__open64_2", path, flags, fd) ? fd : real.open64(path, flags);
}

EXPORTED int __openat_2(int folder, const char* path, int flags) {
    int fd;
    return open_ours("__openat_2", path, flags, fd) ? fd : real.openat(folder, path, flags);
}

EXPORTED int __openat64_2(int folder, const char* path, int flags) {
    int fd;
    return open_ours("__openat64_2", path, flags, fd) ? fd : real.openat64(folder, path, flags);
}

EXPORTED int creat(const char* path, mode_t mode) {
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

EXPORTED int creat64(const char* path, mode_t mode) {
    return open64(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
