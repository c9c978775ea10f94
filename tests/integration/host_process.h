#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/descriptor.h"

namespace hvfbd::testing {

// The simulated Hyper-V host, in a process of its own and a folder of its own. It may be killed and started
// again at the same place.
class HostProcess {
  public:
    // With these options beyond the sockets. Throws std::runtime_error if it does not get ready.
    // `way`: "--socket", or "--ivshmem" for a machine instead of a guest.
    explicit HostProcess(std::vector<std::string> options = {}, std::string way = "--socket");
    HostProcess(const HostProcess&) = delete;
    HostProcess& operator=(const HostProcess&) = delete;
    ~HostProcess();

    const std::string& socket() const { return socket_; }

    void start();
    void kill();

    // Says a line; returns what follows "ok". Throws std::runtime_error for anything else.
    std::string say(const std::string& line);
    // A number of the host's status.
    std::uint64_t status(const std::string& name);
    std::string state();
    // What its window shows now, width * height pixels.
    struct Picture {
        std::uint32_t width = 0, height = 0;
        std::vector<std::uint32_t> pixels;
    };
    Picture window();
    std::vector<std::uint32_t> video_memory();

  private:
    std::vector<std::uint32_t> read(const std::string& command);

    std::vector<std::string> options_;
    std::string way_, folder_, socket_, control_path_;
    Descriptor control_;
    pid_t pid_ = -1;
};

}  // namespace hvfbd::testing
