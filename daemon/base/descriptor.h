#pragma once

#include <unistd.h>

#include <cstddef>
#include <utility>

namespace hvfbd {

// Owns one file descriptor. Empty only when default-made, moved from or released.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) reset(other.release());
        return *this;
    }
    ~Descriptor() { reset(); }

    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }
    void reset(int fd = -1) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = fd;
    }
    // A second descriptor of the same open file, close-on-exec. Throws std::system_error.
    Descriptor duplicate() const;

  private:
    int fd_ = -1;
};

// Throws std::system_error where this process, which has one thread, could not open as many more now.
void expect_descriptors(std::size_t count);

}  // namespace hvfbd
