#include "descriptor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace hvfb {

namespace {

constexpr int first_above_standard = STDERR_FILENO + 1;

// The signal of an input that O_ASYNC asks for, which is asked for nowhere here: a word of the open file's
// that is 0 in those of the program.
int mark() {
    return SIGRTMAX;
}

// Where a filter refuses close(2), threads may still wait for what closing lets go on.
void close_otherwise(int fd) {
#ifdef SYS_close_range
    if (syscall(SYS_close_range, fd, fd, 0) == 0) return;
#endif
    if (const int other = eventfd(0, EFD_CLOEXEC); other >= 0) dup3(other, fd, O_CLOEXEC);
}

}  // namespace

FileIdentity::FileIdentity(int fd) {
    struct stat status = {};
    if (fd < 0 || fstat(fd, &status) < 0) return;
    device_ = status.st_dev;
    inode_ = status.st_ino;
    if ((status.st_mode & S_IFMT) == 0) marked_ = fcntl(fd, F_SETSIG, mark()) == 0;
}

bool FileIdentity::is(int fd) const {
    struct stat status = {};
    if (fstat(fd, &status) < 0) return errno != EBADF;
    const ino_t inode = inode_.load(std::memory_order_relaxed);
    if (inode == 0) return true;
    if (status.st_ino != inode || status.st_dev != device_.load(std::memory_order_relaxed)) return false;
    if (!marked_.load(std::memory_order_relaxed)) return true;
    const int marked = fcntl(fd, F_GETSIG);
    return marked < 0 || marked == mark();
}

void FileIdentity::copy(const FileIdentity& other) {
    device_.store(other.device_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    inode_.store(other.inode_.load(std::memory_order_relaxed), std::memory_order_relaxed);
    marked_.store(other.marked_.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

Descriptor::Descriptor(int fd) {
    if (fd >= 0 && fd < first_above_standard) {
        const int above = fcntl(fd, F_DUPFD_CLOEXEC, first_above_standard);
        const int error = errno;
        close(fd);
        errno = error;
        fd = above;
    }
    if (fd < 0) return;
    fd_ = fd;
    identity_.copy(FileIdentity(fd));
}

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(other.fd_.exchange(-1)) {
    identity_.copy(other.identity_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        reset();
        identity_.copy(other.identity_);
        fd_ = other.fd_.exchange(-1);
    }
    return *this;
}

void Descriptor::reset() {
    const int fd = get();
    const bool close_it = ours();
    fd_ = -1;
    // The kernel closes it whatever it answers; a filter does not.
    if (close_it && close(fd) < 0 && identity_.is(fd)) close_otherwise(fd);
}

void Descriptor::out_of_the_way() {
    // Half of the usual limit, and above: memory for the table of descriptors is a few kilobytes.
    for (int least = 768; least >= 48; least /= 2) {
        const int fd = fcntl(get(), F_DUPFD_CLOEXEC, least);
        if (fd < 0) continue;
        close(fd_.exchange(fd));
        return;
    }
}

int Descriptor::become(const Descriptor& other) {
    if (ours()) {
        if (dup3(other.get(), get(), O_CLOEXEC) < 0) return -errno;
        identity_.copy(other.identity_);
        return 0;
    }
    const int fd = fcntl(other.get(), F_DUPFD_CLOEXEC, first_above_standard);
    if (fd < 0) return -errno;
    identity_.copy(other.identity_);
    fd_ = fd;
    out_of_the_way();
    return 0;
}

}  // namespace hvfb
