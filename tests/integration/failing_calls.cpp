#include "failing_calls.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <new>
#include <optional>
#include <utility>

namespace hvfbd::testing {
namespace {

std::optional<FailingCalls::Kind> armed;
unsigned passing_calls = 0;
bool failed = false, paused = false;

bool kernel_fails(int error) {
    if (!FailingCalls::fails(FailingCalls::Kind::kernel)) return false;
    errno = error;
    return true;
}

}  // namespace

bool FailingCalls::fails(Kind kind) {
    if (paused || armed != kind) return false;
    if (passing_calls-- > 0) return false;
    armed.reset();
    failed = true;
    return true;
}

FailingCalls::Pause::Pause() : before_(std::exchange(paused, true)) {}
FailingCalls::Pause::~Pause() {
    paused = before_;
}

void FailingCalls::arm(Kind kind, unsigned passing) {
    passing_calls = passing;
    failed = false;
    armed = kind;
}

bool FailingCalls::disarm() {
    armed.reset();
    return failed;
}

}  // namespace hvfbd::testing

using hvfbd::testing::kernel_fails;

extern "C" {

int __real_memfd_create(const char* name, unsigned flags);
int __wrap_memfd_create(const char* name, unsigned flags) {
    return kernel_fails(EMFILE) ? -1 : __real_memfd_create(name, flags);
}

void* __real_mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset);
void* __wrap_mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) {
    if (kernel_fails(ENOMEM)) return reinterpret_cast<void*>(-1);  // NOLINT(performance-no-int-to-ptr)
    return __real_mmap(address, size, protection, flags, fd, offset);
}

int __real_posix_fallocate(int fd, off_t offset, off_t size);
int __wrap_posix_fallocate(int fd, off_t offset, off_t size) {
    return kernel_fails(ENOMEM) ? ENOMEM : __real_posix_fallocate(fd, offset, size);
}

int __real_socketpair(int domain, int type, int protocol, int* ends);
int __wrap_socketpair(int domain, int type, int protocol, int* ends) {
    return kernel_fails(EMFILE) ? -1 : __real_socketpair(domain, type, protocol, ends);
}

int __real_timerfd_create(int clock, int flags);
int __wrap_timerfd_create(int clock, int flags) {
    return kernel_fails(EMFILE) ? -1 : __real_timerfd_create(clock, flags);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    if (command == F_DUPFD_CLOEXEC && kernel_fails(EMFILE)) return -1;
    return __real_fcntl(fd, command, argument);
}

int __real_eventfd(unsigned value, int flags);
int __wrap_eventfd(unsigned value, int flags) {
    return kernel_fails(EMFILE) ? -1 : __real_eventfd(value, flags);
}

// Called by libsystemd: found here first. A user has a number of watches (fs.epoll.max_user_watches).
int epoll_ctl(int epoll, int operation, int fd, struct epoll_event* event) noexcept {
    if (operation == EPOLL_CTL_ADD && kernel_fails(ENOSPC)) return -1;
    return static_cast<int>(::syscall(SYS_epoll_ctl, epoll, operation, fd, event));
}

}  // extern "C"

void* operator new(std::size_t size) {
    if (hvfbd::testing::FailingCalls::fails(hvfbd::testing::FailingCalls::Kind::memory))
        throw std::bad_alloc();
    void* memory = std::malloc(size);
    if (!memory) throw std::bad_alloc();
    return memory;
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}
