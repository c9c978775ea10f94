#include "run/preload/own_memory.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace fbdev::preload {
namespace {

// A seccomp filter may refuse the calls: then a bad address is the program's fault.
constinit std::atomic<bool> calls_refused{false};

enum class Direction { from_program, to_program };

// As process_vm_readv(2) does it: how many bytes, or -1 where it cannot be done that way.
ssize_t by_kernel(void* ours, void* programs, std::size_t size, Direction direction) {
    if (calls_refused.load(std::memory_order_relaxed)) return -1;
    const int error = errno;
    const iovec here{ours, size}, there{programs, size};
    const ssize_t copied = direction == Direction::from_program
                               ? process_vm_readv(getpid(), &here, 1, &there, 1, 0)
                               : process_vm_writev(getpid(), &here, 1, &there, 1, 0);
    const bool bad_address = copied < 0 && errno == EFAULT;
    errno = error;
    if (copied >= 0) return copied;
    if (bad_address) return 0;
    calls_refused.store(true, std::memory_order_relaxed);
    return -1;
}

bool read_own(void*, std::uint64_t from, void* to, std::size_t size) {
    void* const address = reinterpret_cast<void*>(from);
    const ssize_t copied = by_kernel(to, address, size, Direction::from_program);
    if (copied < 0) memcpy(to, address, size);
    return copied < 0 || static_cast<std::size_t>(copied) == size;
}

bool write_own(void*, std::uint64_t to, const void* from, std::size_t size) {
    void* const address = reinterpret_cast<void*>(to);
    const ssize_t copied = by_kernel(const_cast<void*>(from), address, size, Direction::to_program);
    if (copied < 0) memcpy(address, from, size);
    return copied < 0 || static_cast<std::size_t>(copied) == size;
}

constexpr CallerMemory own{nullptr, read_own, write_own};

}  // namespace

const CallerMemory& own_memory() {
    return own;
}

std::size_t copy_in(std::byte* to, const void* from, std::size_t size) {
    // Not into the picture at once: there the kernel may meet a page that is protected from it. Not on the
    // stack, which may be a small one of a signal handler's.
    static std::byte part[16384];
    std::size_t done = 0;
    while (done < size) {
        const std::size_t wanted = std::min(size - done, sizeof part);
        void* const address = const_cast<char*>(static_cast<const char*>(from)) + done;
        const ssize_t copied = by_kernel(part, address, wanted, Direction::from_program);
        if (copied < 0) {
            memcpy(to + done, address, size - done);
            return size;
        }
        memcpy(to + done, part, static_cast<std::size_t>(copied));
        done += static_cast<std::size_t>(copied);
        if (static_cast<std::size_t>(copied) < wanted) break;
    }
    return done;
}

std::size_t copy_out(void* to, const std::byte* from, std::size_t size) {
    const ssize_t copied = by_kernel(const_cast<std::byte*>(from), to, size, Direction::to_program);
    if (copied >= 0) return static_cast<std::size_t>(copied);
    memcpy(to, from, size);
    return size;
}

}  // namespace fbdev::preload
