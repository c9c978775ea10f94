#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "canvas.h"

namespace hvfbd::bench {

// Puts parts of a picture into the root window of an X server, through memory that both have (MIT-SHM). It
// speaks the protocol itself, so that the bench needs no library of X's. Throws std::runtime_error where the
// server refuses or has gone.
class XClient {
  public:
    // `socket`: the server's, such as /tmp/.X11-unix/X0. `memory`: of shmget(2), and has the whole picture.
    XClient(const std::filesystem::path& socket, int memory, const Canvas& canvas);
    ~XClient();
    XClient(const XClient&) = delete;
    XClient& operator=(const XClient&) = delete;
    // Returns when the server has dealt with it, as SDL does: the memory may be drawn into again then.
    void put(std::span<const Box> boxes);
    // Of the process that listens on the socket.
    pid_t server() const { return server_; }

  private:
    void set_up();
    std::uint8_t find_extension();
    void append(std::span<const std::uint8_t> bytes) {
        request_.insert(request_.end(), bytes.begin(), bytes.end());
    }
    void append_number(std::uint32_t value, int bytes);
    void append_head(std::uint8_t code, std::uint8_t detail, int words);
    void send();
    void receive(void* to, std::size_t size) const;
    // The server's answer to the last request; what it says before is thrown away, but for an error.
    std::vector<std::uint8_t> answer();
    void synchronise();

    int socket_ = -1;
    pid_t server_ = -1;
    Canvas canvas_;
    std::vector<std::uint8_t> request_;
    std::uint32_t root_ = 0, first_id_ = 0;
    std::uint8_t depth_ = 0, shm_ = 0;
};

}  // namespace hvfbd::bench
