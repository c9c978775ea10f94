#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "base/allowance.h"
#include "base/descriptor.h"
#include "base/event_loop.h"
#include "base/running_timer.h"
#include "clients/messages.h"

namespace hvfbd {

// The daemon's end of one channel: a SOCK_SEQPACKET socket and what is still to be sent on it. Never blocks,
// keeps no descriptor of the peer's, reads a bounded number of packets a dispatch, and pauses a peer that
// sends too many a second.
class Channel {
  public:
    // A message came. Returns why the peer must be hung up, or nothing. May be called many times a dispatch.
    using Receive = std::function<std::optional<std::string_view>(const message::FromClient&)>;
    // It is over: the peer closed, broke the protocol (`why`), or there was no memory to serve it further
    // (`why`). `why` points to static storage. Called once; nothing follows it. Must not throw.
    enum class Ending { closed, violation, shortage };
    using HungUp = std::function<void(Ending ending, std::string_view why)>;

    // How long a peer may leave its queue full before it is hung up, while this process could run.
    static constexpr Duration timeout = std::chrono::seconds(5);

    struct Ends {
        Descriptor near, peer;  // no peer: it has its end already
    };
    // Throws std::system_error.
    static Ends make_ends();
    // Watches the near end. Throws std::system_error.
    Channel(EventLoop& loop, Ends ends, Receive receive, HungUp hung_up, Duration longest = timeout);
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    // The client's end; empty once taken.
    [[nodiscard]] Descriptor take_peer_end() { return std::move(peer_end_); }

    // Sends, or queues it until the peer reads: of each type only the newest, with its descriptor.
    // Where there is no memory for that the channel is over: one peer's failure ends that peer.
    void send(const message::Packet& packet, std::shared_ptr<const Descriptor> attached = {}) noexcept;

    // Says that it is over by one last try to send, without queueing anything.
    void send_last(const message::Packet& packet) noexcept;

    bool over() const { return over_; }
    const Descriptor& near_end() const { return near_end_; }
    std::uint64_t throttled() const { return throttled_; }

  private:
    // In the order they are sent: what a message refers to goes before it.
    static constexpr std::array sending_order = {HVFB_HELLO,       HVFB_ALARM,     HVFB_STATE,
                                                 HVFB_USERFAULTFD, HVFB_CONFIGURE, HVFB_COMPARED,
                                                 HVFB_COLLECT,     HVFB_PRESENTED, HVFB_FRAME_READY};
    struct Waiting {
        message::Packet packet;
        std::shared_ptr<const Descriptor> attached;
    };

    // Whatever it throws ends this channel alone.
    template <typename Act>
    void attempt(const Act& act) noexcept;
    void ready(std::uint32_t events);
    void read_some();
    bool take(std::span<const std::byte> packet, int flags);  // false: it is over, or read no further
    void flush();
    void rearm();
    void end(Ending ending, std::string_view why) noexcept;

    EventLoop& loop_;
    Receive receive_;
    HungUp hung_up_;
    Descriptor near_end_, peer_end_;
    std::array<std::unique_ptr<Waiting>, sending_order.size()> waiting_;
    RunningTimer full_;    // runs while its queue is full
    Allowance allowance_;  // packets
    bool paused_ = false;  // for sending too much
    bool over_ = false;
    std::uint64_t throttled_ = 0;
    EventLoop::Alarm alarm_;  // end of a pause, or of the timeout
    LoopSource source_;
};

}  // namespace hvfbd
