#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "input/protocol/peer.h"
#include "vnc/listen_address.h"

namespace vnc {

// A socket on which clients come.
class Listener {
  public:
    // Those that systemd gave, or none. With anything else among them throws std::runtime_error.
    static std::vector<Listener> inherited();
    // Makes one. A socket at the path that nobody listens on any more is replaced; what else is there stays.
    // Who may write to it is by the umask. Throws std::system_error.
    static Listener make(const ListenAddress& address);

    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;
    // Removes the path that it made.
    ~Listener();

    struct Caller {
        hvfbd::Descriptor socket;
        std::string name;  // who it is, for the log
        std::string host;  // of the network: its address; otherwise empty
        // The kernel says who it is: a user of this machine. Not where another program answers for it.
        std::optional<input::Peer> peer;
    };

    int fd() const { return socket_.get(); }
    bool is_network() const;
    // Of the network, and only programs of this machine reach it.
    bool is_loopback() const;
    // Nothing: nobody waits any more. Throws std::system_error: no descriptor, no memory.
    std::optional<Caller> accept() const;

  private:
    explicit Listener(hvfbd::Descriptor socket, std::string path = {});

    hvfbd::Descriptor socket_;
    std::string path_;  // to be removed; or empty
};

}  // namespace vnc
