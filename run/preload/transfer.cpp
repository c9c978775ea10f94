// Reading, writing and seeking.
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "run/preload/descriptors.h"
#include "run/preload/explain.h"
#include "run/preload/exported.h"
#include "run/preload/own_memory.h"
#include "run/preload/real_calls.h"
#include "run/preload/screen_lock.h"
#include "run/preload/transfer.h"

namespace fbdev::preload {
namespace {

constexpr off_t at_position = -1;

ssize_t not_transferred(int error) {
    errno = error;
    return -1;
}

// Whether the descriptor was opened for it.
bool allows(int fd, bool writing) {
    const long flags = syscall(SYS_fcntl, fd, F_GETFL);
    const long mode = flags & O_ACCMODE;
    return flags >= 0 && !(flags & O_PATH) && (mode == O_RDWR || mode == (writing ? O_WRONLY : O_RDONLY));
}

// The program's, as the kernel reads them: 0 or an errno. With the lock.
int read_vector(const iovec*& parts, int count) {
    constexpr int most_parts = 1024;
    static iovec own[most_parts];
    if (count < 0 || count > most_parts) return EINVAL;
    const CallerMemory& memory = own_memory();
    if (count > 0 && !memory.read(memory.context, reinterpret_cast<std::uintptr_t>(parts), own,
                                  static_cast<std::size_t>(count) * sizeof *own))
        return EFAULT;
    parts = own;
    std::size_t left = SSIZE_MAX;
    for (int i = 0; i < count; ++i) {
        if (own[i].iov_len > left) return EINVAL;
        left -= own[i].iov_len;
    }
    return 0;
}

enum class Parts { ours, programs };

// Positions have 63 bits. The kernel shortens what comes in parts before it looks, and a single part that is
// longer than all memory cannot be accessed, which is another error.
bool ends_in_range(off_t start, const iovec* parts, int count, Parts whose) {
    constexpr std::uint64_t most = 0x7ffff000;  // MAX_RW_COUNT
    std::uint64_t total = 0;
    for (int i = 0; i < count; ++i) total += parts[i].iov_len;
    if (whose == Parts::programs && total > most) total = most;
    return total > SSIZE_MAX || total <= static_cast<std::uint64_t>(INT64_MAX - start);
}

// `offset`: at_position, or where pread(2) and pwrite(2) say.
ssize_t transfer(int fd, const iovec* parts, int count, off_t offset, bool writing,
                 Parts whose = Parts::programs) {
    if (!allows(fd, writing)) return not_transferred(EBADF);
    const ScreenLock screen;
    if (!screen) return not_transferred(EBUSY);
    if (whose == Parts::programs)
        if (const int error = read_vector(parts, count)) return not_transferred(error);
    // A program that has the descriptor from the one before exec has no surface yet.
    if (const int error = screen->open()) return not_transferred(error);
    const off_t start = offset == at_position ? syscall(SYS_lseek, fd, 0L, SEEK_CUR) : offset;
    if (start < 0 || !ends_in_range(start, parts, count, whose)) return not_transferred(EINVAL);
    std::size_t done = 0;
    int error = 0;
    for (int i = 0; i < count && error == 0; ++i) {
        const std::uint64_t position = static_cast<std::uint64_t>(start) + done;
        const FbTransfer part = writing ? screen->device().writing(position, parts[i].iov_len)
                                        : screen->device().reading(position, parts[i].iov_len);
        error = part.error;
        std::size_t copied = 0;
        if (part.count > 0) {
            copied = writing ? copy_in(screen->memory().begin() + position, parts[i].iov_base, part.count)
                             : copy_out(parts[i].iov_base, screen->memory().begin() + position, part.count);
            if (copied < part.count) error = EFAULT;
        }
        done += copied;
        if (copied < parts[i].iov_len) break;
    }
    if (offset == at_position && done > 0) syscall(SYS_lseek, fd, start + static_cast<off_t>(done), SEEK_SET);
    if (writing && done > 0) screen->show();
    return done > 0 || error == 0 ? static_cast<ssize_t>(done) : not_transferred(error);
}

ssize_t explained_transfer(const char* call, int fd, ssize_t result) {
    EXPLAIN("%s(%d) = %zd%s%s", call, fd, result, result < 0 ? " " : "",
            result < 0 ? strerrorname_np(errno) : "");
    return result;
}

// As pread(2): a position that is not the descriptor's.
ssize_t transfer_at(const char* call, int fd, const iovec* parts, int count, off_t offset, bool writing) {
    return explained_transfer(call, fd, transfer(fd, parts, count, offset < 0 ? -2 : offset, writing));
}

}  // namespace

ssize_t read_framebuffer(int fd, void* to, size_t size) {
    const iovec part{to, size};
    return explained_transfer("read", fd, transfer(fd, &part, 1, at_position, false, Parts::ours));
}

ssize_t write_framebuffer(int fd, const void* from, size_t size) {
    const iovec part{const_cast<void*>(from), size};
    return explained_transfer("write", fd, transfer(fd, &part, 1, at_position, true, Parts::ours));
}

off_t seek_framebuffer(int fd, off_t offset, int from) {
    // Its size as a file is none, as a device's is.
    if (from == SEEK_DATA || from == SEEK_HOLE) return not_transferred(ENXIO);
    const off_t result = syscall(SYS_lseek, fd, offset, from == SEEK_END ? SEEK_SET : from);
    explained_transfer("lseek", fd, result);
    return result;
}

}  // namespace fbdev::preload

using namespace fbdev::preload;

EXPORTED ssize_t read(int fd, void* to, size_t size) {
    return is_framebuffer(fd) ? read_framebuffer(fd, to, size) : real.read(fd, to, size);
}

EXPORTED ssize_t __read_chk(int fd, void* to, size_t size, size_t room) {
    if (size > room) __builtin_trap();
    return read(fd, to, size);
}

EXPORTED ssize_t write(int fd, const void* from, size_t size) {
    return is_framebuffer(fd) ? write_framebuffer(fd, from, size) : real.write(fd, from, size);
}

EXPORTED ssize_t pread(int fd, void* to, size_t size, off_t offset) {
    if (!is_framebuffer(fd)) return real.pread(fd, to, size, offset);
    if (offset < 0) return not_transferred(EINVAL);
    const iovec part{to, size};
    return explained_transfer("pread", fd, transfer(fd, &part, 1, offset, false, Parts::ours));
}

EXPORTED ssize_t pread64(int fd, void* to, size_t size, off_t offset) {
    return pread(fd, to, size, offset);
}

EXPORTED ssize_t __pread_chk(int fd, void* to, size_t size, off_t offset, size_t room) {
    if (size > room) __builtin_trap();
    return pread(fd, to, size, offset);
}

EXPORTED ssize_t __pread64_chk(int fd, void* to, size_t size, off_t offset, size_t room) {
    if (size > room) __builtin_trap();
    return pread(fd, to, size, offset);
}

EXPORTED ssize_t pwrite(int fd, const void* from, size_t size, off_t offset) {
    if (!is_framebuffer(fd)) return real.pwrite(fd, from, size, offset);
    if (offset < 0) return not_transferred(EINVAL);
    const iovec part{const_cast<void*>(from), size};
    return explained_transfer("pwrite", fd, transfer(fd, &part, 1, offset, true, Parts::ours));
}

EXPORTED ssize_t pwrite64(int fd, const void* from, size_t size, off_t offset) {
    return pwrite(fd, from, size, offset);
}

EXPORTED ssize_t readv(int fd, const iovec* to, int count) {
    return is_framebuffer(fd) ? explained_transfer("readv", fd, transfer(fd, to, count, at_position, false))
                              : real.readv(fd, to, count);
}

EXPORTED ssize_t writev(int fd, const iovec* from, int count) {
    return is_framebuffer(fd) ? explained_transfer("writev", fd, transfer(fd, from, count, at_position, true))
                              : real.writev(fd, from, count);
}

EXPORTED ssize_t preadv(int fd, const iovec* to, int count, off_t offset) {
    return is_framebuffer(fd) ? transfer_at("preadv", fd, to, count, offset, false)
                              : real.preadv(fd, to, count, offset);
}

EXPORTED ssize_t preadv64(int fd, const iovec* to, int count, off_t offset) {
    return preadv(fd, to, count, offset);
}

EXPORTED ssize_t pwritev(int fd, const iovec* from, int count, off_t offset) {
    return is_framebuffer(fd) ? transfer_at("pwritev", fd, from, count, offset, true)
                              : real.pwritev(fd, from, count, offset);
}

EXPORTED ssize_t pwritev64(int fd, const iovec* from, int count, off_t offset) {
    return pwritev(fd, from, count, offset);
}

EXPORTED off_t lseek(int fd, off_t offset, int from) {
    return is_framebuffer(fd) ? seek_framebuffer(fd, offset, from) : real.lseek(fd, offset, from);
}

EXPORTED off_t lseek64(int fd, off_t offset, int from) {
    return lseek(fd, offset, from);
}

EXPORTED int ftruncate(int fd, off_t size) {
    return is_framebuffer(fd) ? static_cast<int>(not_transferred(EINVAL)) : real.ftruncate(fd, size);
}

EXPORTED int ftruncate64(int fd, off_t size) {
    return ftruncate(fd, size);
}

EXPORTED int fallocate(int fd, int mode, off_t offset, off_t size) {
    return is_framebuffer(fd) ? static_cast<int>(not_transferred(ENODEV))
                              : real.fallocate(fd, mode, offset, size);
}

EXPORTED int fallocate64(int fd, int mode, off_t offset, off_t size) {
    return fallocate(fd, mode, offset, size);
}

// It returns the error, and errno stays.
EXPORTED int posix_fallocate(int fd, off_t offset, off_t size) {
    return is_framebuffer(fd) ? ENODEV : real.posix_fallocate(fd, offset, size);
}

EXPORTED int posix_fallocate64(int fd, off_t offset, off_t size) {
    return posix_fallocate(fd, offset, size);
}

// Programs that are refused these read and write instead.
EXPORTED ssize_t sendfile(int to, int from, off_t* offset, size_t size) {
    return is_framebuffer(to) || is_framebuffer(from) ? not_transferred(EINVAL)
                                                      : real.sendfile(to, from, offset, size);
}

EXPORTED ssize_t sendfile64(int to, int from, off_t* offset, size_t size) {
    return sendfile(to, from, offset, size);
}

EXPORTED ssize_t copy_file_range(int from, off_t* from_offset, int to, off_t* to_offset, size_t size,
                                 unsigned flags) {
    return is_framebuffer(to) || is_framebuffer(from)
               ? not_transferred(EINVAL)
               : real.copy_file_range(from, from_offset, to, to_offset, size, flags);
}
