#pragma once

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <csignal>
#include <new>
#include <utility>

#include "base/descriptor.h"
#include "base/error.h"

// What tests have processes of their own with.
namespace hvfbd::testing {

// A value that this process and those that it forks from then on see, each change of it too: T has atomics
// only. Empty when default-made or moved from.
template <class T>
class Shared {
  public:
    Shared() = default;
    // Throws std::system_error.
    static Shared make() {
        void* memory = ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw_errno("map memory that processes share");
        Shared shared;
        shared.value_ = new (memory) T;
        return shared;
    }
    Shared(Shared&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
    Shared& operator=(Shared&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Shared() {
        if (value_) ::munmap(value_, sizeof(T));
    }
    explicit operator bool() const { return value_ != nullptr; }
    T& operator*() const { return *value_; }
    T* operator->() const { return value_; }

  private:
    T* value_ = nullptr;
};

// Two ends that keep messages apart. Throws std::system_error.
inline std::pair<Descriptor, Descriptor> message_channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) throw_errno("make a socket pair");
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Runs `body` in a process of its own, which ends with what that returns, and with the thread that made it at
// the latest. The process's number. Before there are other threads. Throws std::system_error.
template <class Body>
pid_t fork_process(Body&& body) {
    pid_t pid = ::fork();
    if (pid < 0) throw_errno("fork");
    if (pid != 0) return pid;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(std::forward<Body>(body)());
}

}  // namespace hvfbd::testing
