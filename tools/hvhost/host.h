#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hvhost/rings.h"
#include "hvhost/vnc_client.h"
#include "hvhost/window.h"

namespace hvhost {

using Time = std::chrono::steady_clock::time_point;

struct Options {
    enum class Like { openvmm, windows } like = Like::windows;
    std::uint32_t max_minor = 5;  // versions 3.minor that are accepted; OpenVMM accepts them all
    std::vector<wire::Resolution> resolutions{{1024, 768}, {1280, 1024}, {1920, 1080}};
    std::uint8_t default_resolution = 0;
    bool long_feature_change = false;  // with the 128 bytes that a newer kind has
    bool one_rectangle = false;        // complain of DIRT messages with several
    bool acknowledges = true;          // the situation
};

// What the host does to the world.
class Listener {
  public:
    virtual ~Listener() = default;
    virtual void interrupt() = 0;  // the guest
    virtual void rescind() = 0;    // the channel; the host hears closed() after that
    virtual void said(const std::string& line) = 0;
    virtual void dirt(const wire::DirtRect&) {}
};

class Host;
// Stands between a host and its guest, and spoils what passes.
class Mischief {
  public:
    virtual ~Mischief() = default;
    virtual void opened(Host&) {}
    // The host is about to send this message, and does not do it itself.
    virtual void transmit(Host& host, const wire::Bytes& message, Time now) = 0;
    virtual std::optional<Time> wake_at() const { return std::nullopt; }
    virtual void tick(Host&, Time) {}
};

// The virtual machine's side of the synthetic video device. Like OpenVMM
// (vm/devices/uidevices/src/video/mod.rs): what is malformed or out of order kills the channel, which stays
// open and dead until the guest closes it; and one request is answered after the other, so that none is read
// while an answer waits for room in the ring. Like Windows it is stricter, since nobody knows how strict that
// is. What a real host might let pass, and a good guest never does, is a complaint: counted and said. Pure
// but for the memory; one thread.
class Host {
  public:
    // Borrowed: memory, listener, mischief (null: none).
    Host(Options options, std::span<std::byte> video_memory, Listener& listener,
         Mischief* mischief = nullptr);

    // The guest opened the channel, whose rings lie there, and finds the video memory at that address; the
    // guest closed it.
    void opened(std::span<std::byte> rings, std::uint64_t address, Time now);
    void closed();
    void doorbell(Time now);
    std::optional<Time> wake_at() const;
    void tick(Time now);

    // ---- what the person in front of the window does
    void show(Time now);
    void hide(Time now);
    void set_resolutions(std::vector<wire::Resolution> resolutions) {
        options_.resolutions = std::move(resolutions);
    }
    void stall(bool stalled, Time now);  // reads nothing from the ring
    void set_acknowledges(bool acknowledges) { options_.acknowledges = acknowledges; }

    enum class State { closed, version, active, dead };
    // Of OpenVMM's VNC server; like Windows it has none.
    const VncClient& vnc_client() const { return vnc_client_; }

    struct Status {
        State state = State::closed;
        bool shown = true, situated = false;
        std::uint64_t sessions = 0, messages = 0, dirts = 0, dirt_pixels = 0, doorbells = 0,
                      needless_doorbells = 0, interrupts = 0, complaints = 0, pointers = 0, situations = 0,
                      waited = 0,  // messages to the guest that found no room at first
            garbage = 0;           // what no guest sends to any host, however ill that means
    };
    const Status& status() const { return status_; }
    const Window& window() const { return window_; }
    std::span<const std::byte> video_memory() const { return memory_; }

    // ---- for mischief
    Rings* rings() { return rings_ ? &*rings_ : nullptr; }
    const Options& options() const { return options_; }
    // In the order in which they are put, as soon as there is room.
    void put(std::span<const std::byte> payload, std::uint16_t type = wire::in_band);
    void put_raw(std::span<const std::byte> packet);
    void interrupt();
    void rescind() { listener_.rescind(); }
    wire::Bytes feature_change(bool needed) const;
    // What comes from the guest now may be the host's own doing.
    void guest_ring_is_spoiled() { guest_ring_spoiled_ = true; }

  private:
    struct Outgoing {
        wire::Bytes payload;
        std::uint16_t type;
    };
    bool like_openvmm() const { return options_.like == Options::Like::openvmm; }
    void drain(Time now);
    void put_waiting();
    bool went(Rings::Put put);
    const char* wrong_with(const Rings::Packet& packet) const;
    void take(const Rings::Packet& packet, Time now);
    void take_message(std::uint32_t type, std::span<const std::byte> body, Time now);
    void take_version(std::span<const std::byte> body, Time now);
    void take_vram(std::span<const std::byte> body, Time now);
    void take_situation(std::span<const std::byte> body, Time now);
    void take_pointer_shape(std::span<const std::byte> body);
    void take_dirt(std::span<const std::byte> body, Time now);
    void take_resolution_request(std::span<const std::byte> body, Time now);
    void send(std::uint32_t type, std::span<const std::byte> body, Time now);
    void transmit(const wire::Bytes& message, Time now);
    void say_features(Time now);
    void die(const std::string& why);
    void complain(const std::string& what);
    void refuse_garbage(const std::string& what);

    Options options_;
    std::span<std::byte> memory_;
    Listener& listener_;
    Mischief* mischief_;
    std::optional<Rings> rings_;
    std::uint64_t address_ = 0;
    Window window_;
    VncClient vnc_client_;
    Status status_;
    std::deque<Outgoing> waiting_;  // for room in the ring to the guest
    bool vram_is_ours_ = false, stalled_ = false, guest_knows_hidden_ = false, guest_ring_spoiled_ = false;
};

}  // namespace hvhost
