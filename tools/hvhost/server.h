#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "hvhost/device.h"
#include "hvhost/fd.h"
#include "hvhost/host.h"
#include "hvhost/hostile.h"

namespace hvhost {

struct ServerOptions {
    Options host;
    std::string socket, ivshmem, control;  // paths; one of the first two; no control: none
    bool from_stdin = false, quiet = false;
    std::uint64_t video_memory_size = 8 << 20, ring_size = 4 << 20;
    // Not with ivshmem, where the guest says it, and there is no monitor page.
    std::uint64_t address = 0xf8000000;  // of the video memory, for the guest
    std::optional<unsigned> monitor;
    std::optional<std::pair<std::uint64_t, std::uint64_t>>
        seeds;  // of hostility: first and last, one a connection
};

// Offers the device to one guest after the other, and obeys commands line by line. One thread; nothing
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

    bool is_open() const { return host_->status().state != Host::State::closed; }
    // Accepts, if it has not been found lately that there are no descriptors or memory for somebody new.
    void unless_short(Time now, const std::function<void()>& accept);
    void let_guest_in(Time now);
    void take_away(bool for_good);
    bool hear(Speaker& speaker);
    bool answer(Speaker& speaker, Time now);
    std::string obey(const std::string& line, Time now);
    std::string status() const;
    void write_file(const std::string& path, std::span<const std::byte> bytes) const;

    ServerOptions options_;
    std::unique_ptr<Device> device_;
    std::unique_ptr<Hostile> mischief_;
    std::optional<Host> host_;
    Host::Status before_;  // of hosts before this one
    Fd controls_;
    std::list<Speaker> speakers_;
    Time started_, last_dirt_;
    std::optional<Time> accept_again_;  // nothing: at once
    std::uint64_t seed_ = 0;
    bool rescinded_ = false, ending_ = false;
};

// Sends one line to a server's control socket; returns its answer. Throws std::system_error.
std::string say_to(const std::string& control, const std::string& line);

}  // namespace hvhost
