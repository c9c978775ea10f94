#include "run/preload/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

namespace fbdev::preload {
namespace {

// Permissions that no other memfd has: by these a descriptor is known after exec, and in another process.
// Not set-user-ID, which systemd refuses to what has RestrictSUIDSGID=.
constexpr mode_t memfd_mark = S_ISVTX | S_IRUSR | S_IWUSR | S_IXGRP | S_IXOTH;
constexpr int most_descriptors = 65536;
constexpr int most_inherited = 16;
constexpr unsigned bits_in_word = 64;

// Zero until the first one: may_be_framebuffer is one comparison then.
constinit std::atomic<int> above_highest{0};
constinit std::atomic<std::uint64_t> noted[most_descriptors / bits_in_word] = {};
// Not of a child of vfork(2), which has this memory too.
constinit std::atomic<pid_t> owner{0};

std::uint64_t bit_of(int fd) {
    return std::uint64_t{1} << (static_cast<unsigned>(fd) % bits_in_word);
}

// Takes the same file again with another access mode, under the same number.
int open_again(int fd, int flags) {
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    const int again = static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, 0));
    // Without /proc, or another descriptor, it is readable and writable.
    if (again < 0)
        return syscall(SYS_fcntl, fd, F_SETFD, flags & O_CLOEXEC ? FD_CLOEXEC : 0) != 0 ? -errno : 0;
    const int moved = static_cast<int>(syscall(SYS_dup3, again, fd, flags & O_CLOEXEC));
    const int error = errno;
    syscall(SYS_close, again);
    return moved < 0 ? -error : 0;
}

}  // namespace

bool may_be_framebuffer(int fd) {
    // Negative numbers are larger than all as unsigned ones.
    if (__builtin_expect(
            static_cast<unsigned>(fd) >= static_cast<unsigned>(above_highest.load(std::memory_order_relaxed)),
            1))
        return false;
    return noted[static_cast<unsigned>(fd) / bits_in_word].load(std::memory_order_relaxed) & bit_of(fd);
}

bool is_marked(int fd) {
    const int error = errno;
    struct stat status;
    const bool marked = fd >= 0 && fd < most_descriptors && syscall(SYS_fstat, fd, &status) == 0 &&
                        S_ISREG(status.st_mode) &&
                        (status.st_mode & ~static_cast<mode_t>(S_IFMT)) == memfd_mark && status.st_nlink == 0;
    errno = error;
    return marked;
}

bool is_marked_and_noted(int fd) {
    if (is_marked(fd)) return true;
    forget_framebuffer(fd);
    return false;
}

void note_framebuffer(int fd) {
    if (fd < 0 || fd >= most_descriptors) return;
    noted[static_cast<unsigned>(fd) / bits_in_word].fetch_or(bit_of(fd), std::memory_order_relaxed);
    int highest = above_highest.load(std::memory_order_relaxed);
    while (highest <= fd &&
           !above_highest.compare_exchange_weak(highest, fd + 1, std::memory_order_relaxed)) {
    }
}

void forget_framebuffer(int fd) {
    if (!may_be_framebuffer(fd)) return;
    // A child of vfork(2) has descriptors of its own, and its parent's memory.
    if (owner.load(std::memory_order_relaxed) != getpid()) return;
    noted[static_cast<unsigned>(fd) / bits_in_word].fetch_and(~bit_of(fd), std::memory_order_relaxed);
}

bool any_framebuffer() {
    const int end = above_highest.load(std::memory_order_relaxed);
    for (int fd = 0; fd < end; ++fd)
        if (is_framebuffer(fd)) return true;
    return false;
}

void descriptors_of_child() {
    owner.store(getpid(), std::memory_order_relaxed);
}

void find_inherited() {
    owner.store(getpid(), std::memory_order_relaxed);
    for (int fd = 0; fd < most_inherited; ++fd)
        if (is_marked(fd)) note_framebuffer(fd);
}

int reserve_descriptor() {
    const int fd = static_cast<int>(syscall(SYS_memfd_create, "fb0", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (fd < 0) return -errno;
    if (fd < most_descriptors) return fd;
    syscall(SYS_close, fd);
    return -EMFILE;
}

int become_framebuffer(int fd, int flags) {
    if (fchmod(fd, memfd_mark) != 0) return -errno;
    if (syscall(SYS_fcntl, fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) return -errno;
    const int error = open_again(fd, flags & (O_ACCMODE | O_CLOEXEC | O_NONBLOCK | O_PATH));
    if (error != 0) return error;
    note_framebuffer(fd);
    return 0;
}

int become_text(int fd, int flags, const char* text, unsigned long size) {
    if (syscall(SYS_pwrite64, fd, text, size, 0L) != static_cast<long>(size)) return -EIO;
    return open_again(fd, O_RDONLY | (flags & (O_CLOEXEC | O_NONBLOCK)));
}

}  // namespace fbdev::preload
