#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "common/descriptor.h"

namespace hvhost {

using Fd = hvfbd::Descriptor;

// Memory that the guest maps as well: a memfd, sealed against a change of its size.
class SharedMemory {
  public:
    SharedMemory(const char* name, std::size_t size);
    SharedMemory(SharedMemory&& other) noexcept;
    SharedMemory& operator=(SharedMemory&&) = delete;
    ~SharedMemory();
    std::span<std::byte> bytes() const { return bytes_; }
    int fd() const { return fd_.get(); }

  private:
    Fd fd_;
    std::span<std::byte> bytes_;
};

// Throws std::system_error.
[[noreturn]] void fail(const std::string& tried);

// An eventfd that never blocks. Throws std::system_error.
Fd make_event();
void add_to(const Fd& event);
// False: nothing was added.
bool take_from(const Fd& event);

// A listening Unix socket at `path`, which is removed first. Throws std::system_error.
Fd listen_at(const std::string& path, int type);
// Nothing: nobody is there. Throws std::system_error where there is no descriptor or memory for who is.
Fd accept_at(const Fd& listener);
// One message with these descriptors. False: nobody takes it.
bool send_to(const Fd& socket, std::span<const std::byte> message, std::span<const int> descriptors);
// Of a socket whose other end says nothing.
bool has_hung_up(const Fd& socket);

}  // namespace hvhost
