// What the kernel says of a file: stat(2) of all ages, access(2), readlink(2).
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/file_status.h"
#include "run/preload/descriptors.h"
#include "run/preload/explain.h"
#include "run/preload/exported.h"
#include "run/preload/own_memory.h"
#include "run/preload/own_terminal.h"
#include "run/preload/paths.h"
#include "run/preload/real_calls.h"
#include "run/preload/settings.h"

namespace fbdev::preload {
namespace {

int explained_status(const char* call, const char* path, int result) {
    EXPLAIN("%s(\"%s\") = %d%s%s", call, path, result, result < 0 ? " " : "",
            result < 0 ? strerrorname_np(errno) : "");
    return result;
}

int not_there() {
    errno = ENOENT;
    return -1;
}

// As the kernel does it: 0, or -1 and EFAULT.
template <typename Status>
int put_status(Status* to, mode_t mode) {
    Status status;
    fill_status(status, mode, geteuid(), getegid());
    if (own_memory().put(reinterpret_cast<std::uintptr_t>(to), status)) return 0;
    errno = EFAULT;
    return -1;
}

// A kernel without any framebuffer has no folder in which one is looked for.
DeviceFile looked_for(const char* path) {
    const DeviceFile file = file_of(path);
    const bool missing = file == DeviceFile::none && path && path[0] == '/' &&
                         (path[1] == 's' || path[1] == '/') && is_class_folder(path) &&
                         real.access(path, F_OK) != 0;
    return missing ? DeviceFile::folder : file;
}

template <typename Status>
bool stat_terminal(const char* call, const char* path, Status* to, int& result) {
    struct stat said;
    if (terminals != Terminals::fake || !own_terminal_status(path, said)) return false;
    Status status;
    fill_status(status, said);
    const bool put = own_memory().put(reinterpret_cast<std::uintptr_t>(to), status);
    if (!put) errno = EFAULT;
    result = explained_status(call, path, put ? 0 : -1);
    return true;
}

// What the kernel said of another file.
template <typename Status>
int kernels_status(int result, Status* status) {
    if (__builtin_expect(terminals == Terminals::fake, 0) && result == 0) renumber_terminal(*status);
    return result;
}

template <typename Status>
bool stat_path(const char* call, const char* path, bool follow, Status* status, int& result) {
    const DeviceFile file = looked_for(path);
    if (file == DeviceFile::none) return false;
    if (file == DeviceFile::terminal) return stat_terminal(call, path, status, result);
    const mode_t mode = mode_of(file, follow);
    result = explained_status(call, path, mode != 0 ? put_status(status, mode) : not_there());
    return true;
}

// Also of a descriptor, with an empty path.
template <typename Status>
bool stat_at(const char* call, int fd, const char* path, int flags, Status* status, int& result) {
    if ((flags & AT_EMPTY_PATH) && path && !*path) {
        if (!is_framebuffer(fd)) return false;
        result = put_status(status, mode_of(DeviceFile::framebuffer, true));
        return true;
    }
    return stat_path(call, path, !(flags & AT_SYMLINK_NOFOLLOW), status, result);
}

bool access_path(const char* call, const char* path, int mode, int& result) {
    const DeviceFile file = looked_for(path);
    struct stat unused;
    if (file == DeviceFile::none || (file == DeviceFile::terminal &&
                                     (terminals != Terminals::fake || !own_terminal_status(path, unused))))
        return false;
    const int error = access_error(file, mode);
    if (error != 0) errno = error;
    result = error != 0 ? -1 : 0;
    explained_status(call, path, result);
    return true;
}

bool read_link(const char* path, char* to, size_t size, ssize_t& result) {
    const DeviceFile file = file_of(path);
    if (file == DeviceFile::none || file == DeviceFile::terminal) return false;
    if (file == DeviceFile::link || file == DeviceFile::elsewhere) {
        const std::string_view target = link_target(path);
        const size_t length = target.size() < size ? target.size() : size;
        const CallerMemory& memory = own_memory();
        const bool copied =
            memory.write(memory.context, reinterpret_cast<std::uintptr_t>(to), target.data(), length);
        result = copied ? static_cast<ssize_t>(length) : -1;
        if (!copied) errno = EFAULT;
    } else {
        errno = file == DeviceFile::missing ? ENOENT : EINVAL;
        result = -1;
    }
    explained_status("readlink", path, static_cast<int>(result));
    return true;
}

// Of a descriptor of the program's terminal.
ssize_t kernels_link(ssize_t result, char* to, size_t size) {
    return __builtin_expect(terminals == Terminals::fake, 0) ? rename_terminal(to, result, size) : result;
}

}  // namespace
}  // namespace fbdev::preload

using namespace fbdev::preload;

// On machines of 64 bits the structure of stat64 is that of stat.
#define STAT_BY_PATH(name, follow)                                                                    \
    EXPORTED int name(const char* path, struct stat* status) {                                        \
        int result;                                                                                   \
        if (stat_path(#name, path, follow, status, result)) return result;                            \
        return kernels_status((follow) ? real.stat(path, status) : real.lstat(path, status), status); \
    }
#define OLD_STAT_BY_PATH(name, follow)                                                                \
    EXPORTED int name(int, const char* path, struct stat* status) {                                   \
        int result;                                                                                   \
        if (stat_path(#name, path, follow, status, result)) return result;                            \
        return kernels_status((follow) ? real.stat(path, status) : real.lstat(path, status), status); \
    }
STAT_BY_PATH(stat, true)
STAT_BY_PATH(lstat, false)
OLD_STAT_BY_PATH(__xstat, true)
OLD_STAT_BY_PATH(__lxstat, false)
OLD_STAT_BY_PATH(__xstat64, true)
OLD_STAT_BY_PATH(__lxstat64, false)

EXPORTED int fstat(int fd, struct stat* status) {
    if (!is_framebuffer(fd)) return kernels_status(real.fstat(fd, status), status);
    return put_status(status, fbdev::mode_of(fbdev::DeviceFile::framebuffer, true));
}

EXPORTED int __fxstat(int, int fd, struct stat* status) {
    return fstat(fd, status);
}

EXPORTED int __fxstat64(int, int fd, struct stat* status) {
    return fstat(fd, status);
}

EXPORTED int fstatat(int folder, const char* path, struct stat* status, int flags) {
    int result;
    return stat_at("fstatat", folder, path, flags, status, result)
               ? result
               : kernels_status(real.fstatat(folder, path, status, flags), status);
}

EXPORTED int __fxstatat(int, int folder, const char* path, struct stat* status, int flags) {
    return fstatat(folder, path, status, flags);
}

EXPORTED int __fxstatat64(int, int folder, const char* path, struct stat* status, int flags) {
    return fstatat(folder, path, status, flags);
}

// These have a type of their own.
EXPORTED int stat64(const char* path, struct stat64* status) {
    return stat(path, reinterpret_cast<struct stat*>(status));
}

EXPORTED int lstat64(const char* path, struct stat64* status) {
    return lstat(path, reinterpret_cast<struct stat*>(status));
}

EXPORTED int fstat64(int fd, struct stat64* status) {
    return fstat(fd, reinterpret_cast<struct stat*>(status));
}

EXPORTED int fstatat64(int folder, const char* path, struct stat64* status, int flags) {
    return fstatat(folder, path, reinterpret_cast<struct stat*>(status), flags);
}

EXPORTED int statx(int folder, const char* path, int flags, unsigned mask, struct statx* status) {
    int result;
    return stat_at("statx", folder, path, flags, status, result)
               ? result
               : kernels_status(real.statx(folder, path, flags, mask, status), status);
}

EXPORTED int access(const char* path, int mode) {
    int result;
    return access_path("access", path, mode, result) ? result : real.access(path, mode);
}

EXPORTED int faccessat(int folder, const char* path, int mode, int flags) {
    int result;
    return access_path("faccessat", path, mode, result) ? result : real.faccessat(folder, path, mode, flags);
}

// As access(2), with the effective user.
EXPORTED int euidaccess(const char* path, int mode) {
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

EXPORTED int eaccess(const char* path, int mode) {
    return faccessat(AT_FDCWD, path, mode, AT_EACCESS);
}

EXPORTED ssize_t readlink(const char* path, char* to, size_t size) {
    ssize_t result;
    if (read_link(path, to, size, result)) return result;
    return kernels_link(real.readlink(path, to, size), to, size);
}

EXPORTED ssize_t readlinkat(int folder, const char* path, char* to, size_t size) {
    ssize_t result;
    if (read_link(path, to, size, result)) return result;
    return kernels_link(real.readlinkat(folder, path, to, size), to, size);
}

EXPORTED ssize_t __readlink_chk(const char* path, char* to, size_t size, size_t room) {
    if (size > room) __builtin_trap();
    return readlink(path, to, size);
}

EXPORTED ssize_t __readlinkat_chk(int folder, const char* path, char* to, size_t size, size_t room) {
    if (size > room) __builtin_trap();
    return readlinkat(folder, path, to, size);
}
