#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace hvhost {

// One descriptor, owned.
class Fd {
  public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    Fd& operator=(Fd&& other) noexcept;
    ~Fd();
    int get() const { return fd_; }
    explicit operator bool() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

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

// One guest that has opened the device: docs/simulated-uio.md.
class Connection {
  public:
    // Throws std::system_error.
    Connection(Fd socket, std::size_t ring_size, std::optional<unsigned> monitor);
    // Once the rings are as a guest shall find them: from here on it writes into them. False: it has hung up.
    bool offer(const SharedMemory& video_memory, std::uint64_t address);

    int socket() const { return socket_.get(); }  // readable: hung up
    int doorbell() const { return doorbell_.get(); }
    void take_doorbell();
    // The bit in the monitor page, which the guest sets, and which is reset here. True where there is none.
    bool take_monitor_bit();
    void interrupt();
    std::span<std::byte> rings() const { return rings_.bytes(); }

  private:
    Fd socket_, interrupt_, doorbell_;
    SharedMemory rings_, monitor_page_;
    std::optional<unsigned> monitor_;
};

// A listening Unix socket at `path`, which is removed first. Throws std::system_error.
Fd listen_at(const std::string& path, int type);

}  // namespace hvhost
