#pragma once

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>

#include "common/descriptor.h"

namespace vnc {

// Wakes a thread that waits for fd() to be readable. Any thread rings.
class Bell {
  public:
    // Throws std::system_error.
    Bell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (!fd_) throw std::system_error(errno, std::system_category(), "make an eventfd");
    }

    int fd() const { return fd_.get(); }
    void ring() const {
        const std::uint64_t once = 1;
        // It fails where it has been rung, and nobody has listened, 2^64 times.
        (void)!::write(fd_.get(), &once, sizeof once);
    }
    void silence() const {
        std::uint64_t times = 0;
        (void)!::read(fd_.get(), &times, sizeof times);
    }

  private:
    hvfbd::Descriptor fd_;
};

}  // namespace vnc
