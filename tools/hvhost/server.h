#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "hvhost/device.h"
#include "hvhost/host.h"
#include "hvhost/hostile.h"

namespace hvhost {

struct ServerOptions {
    Options host;
    std::string socket, control;  // paths; no control: none
    bool from_stdin = false, quiet = false;
    std::uint64_t video_memory_size = 8 << 20, ring_size = 4 << 20;
    std::optional<unsigned> monitor;
    std::optional<std::pair<std::uint64_t, std::uint64_t>>
        seeds;  // of hostility: first and last, one a connection
};

// Offers the device to one guest after the other, and does what it is told line by line. One thread; nothing
// runs while nobody wants anything.
class Server : private Listener {
  public:
    explicit Server(const ServerOptions& options);
    void run();  // until "quit", or the end of the standard input where that is read

  private:
    struct Speaker {
        Fd owned;
        int in, out;
        std::string text;
    };
    void interrupt() override;
    void rescind() override;
    void said(const std::string& line) override;
    void dirt(const wire::DirtRect& rectangle) override;

    void accept_guest(Time now);
    void drop_guest();
    bool hear(Speaker& speaker, Time now);
    std::string obey(const std::string& line, Time now);
    std::string status() const;
    void write_file(const std::string& path, std::span<const std::byte> bytes) const;

    ServerOptions options_;
    SharedMemory video_memory_;
    std::unique_ptr<Hostile> mischief_;
    std::optional<Host> host_;
    Host::Status before_;  // of hosts before this one
    Fd guests_, controls_;
    std::unique_ptr<Connection> guest_;
    std::list<Speaker> speakers_;
    Time started_, last_dirt_;
    std::uint64_t seed_ = 0;
    bool offering_ = true, rescinded_ = false, ending_ = false;
};

// Sends one line to a server's control socket; returns its answer. Throws std::system_error.
std::string say_to(const std::string& control, const std::string& line);

}  // namespace hvhost
