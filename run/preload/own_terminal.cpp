// What says which terminal a descriptor is: its number, its name, ttyname(3).
#include "run/preload/own_terminal.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include <atomic>

#include "run/device_files.h"
#include "run/preload/exported.h"
#include "run/preload/real_calls.h"

namespace fbdev::preload {
namespace {

constinit char own_path[64] = "";
constinit dev_t own_device = 0;
constinit std::atomic<dev_t> lone_device{0}, lone_place{0};
constinit std::atomic<ino_t> lone_inode{0};

bool is_own(dev_t device) {
    return device != 0 && (device == own_device || device == lone_device.load());
}

bool is_own_terminal(int fd) {
    struct stat status;
    return real.fstat(fd, &status) == 0 && S_ISCHR(status.st_mode) && is_own(status.st_rdev);
}

}  // namespace

void set_own_terminal(const char* path) {
    struct stat status;
    if (!path || strlen(path) >= sizeof own_path) return;
    const int before = errno;
    if (real.stat(path, &status) == 0 && S_ISCHR(status.st_mode)) {
        strcpy(own_path, path);
        own_device = status.st_rdev;
    }
    errno = before;
}

void note_lone_terminal(int fd) {
    struct stat status;
    if (real.fstat(fd, &status) != 0) return;
    lone_inode.store(status.st_ino);
    lone_place.store(status.st_dev);
    lone_device.store(status.st_rdev);
}

void renumber_terminal(struct stat& status) {
    if (S_ISCHR(status.st_mode) && is_own(status.st_rdev))
        status.st_rdev = terminal_device(own_terminal_name);
}

void renumber_terminal(struct statx& status) {
    if (!S_ISCHR(status.stx_mode) || !is_own(makedev(status.stx_rdev_major, status.stx_rdev_minor))) return;
    const dev_t device = terminal_device(own_terminal_name);
    status.stx_rdev_major = major(device);
    status.stx_rdev_minor = minor(device);
}

int open_own_terminal(int flags) {
    return own_device != 0 ? real.open(own_path, flags) : -1;
}

bool own_terminal_status(const char* path, struct stat& status) {
    if (own_device == 0 || real.stat(own_path, &status) != 0) {
        if (lone_device.load() == 0) return false;
        memset(&status, 0, sizeof status);
        status.st_mode = S_IFCHR | 0620;
        status.st_nlink = 1;
        status.st_ino = lone_inode.load();
        status.st_dev = lone_place.load();
    }
    status.st_rdev = terminal_device(path);
    return true;
}

ssize_t rename_terminal(char* link, ssize_t length, size_t size) {
    const size_t own_length = strlen(own_path);
    if (own_length == 0 || length < 0 || static_cast<size_t>(length) != own_length ||
        memcmp(link, own_path, own_length) != 0)
        return length;
    const size_t name = strlen(own_terminal_name);
    const size_t kept = name < size ? name : size;
    memcpy(link, own_terminal_name, kept);
    return static_cast<ssize_t>(kept);
}

}  // namespace fbdev::preload

using namespace fbdev::preload;

EXPORTED int ttyname_r(int fd, char* name, size_t size) noexcept {
    if (!real.ttyname_r) look_up_real_calls();
    if (!is_own_terminal(fd)) return real.ttyname_r(fd, name, size);
    // Its declaration says that it never is, which compilers believe.
    if (char* const volatile given = name; !given) return errno = EINVAL;
    if (size <= strlen(fbdev::own_terminal_name)) return errno = ERANGE;
    strcpy(name, fbdev::own_terminal_name);
    return 0;
}

EXPORTED int __ttyname_r_chk(int fd, char* name, size_t size, size_t room) {
    if (size > room) __builtin_trap();
    return ttyname_r(fd, name, size);
}

EXPORTED char* ttyname(int fd) noexcept {
    if (!real.ttyname) look_up_real_calls();
    if (!is_own_terminal(fd)) return real.ttyname(fd);
    // The caller may change it.
    static char name[16];
    strcpy(name, fbdev::own_terminal_name);
    return name;
}
