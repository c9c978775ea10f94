#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <vector>

#include "base/event_loop.h"
#include "clients/channel.h"
#include "clients/client.h"
#include "clients/client_alarm.h"

namespace hvfbd {

// The client that draws on a surface: who it is, its channel and its alarm. Whole or not there.
class ClientConnection {
  public:
    // Makes a channel for it. Throws std::system_error.
    ClientConnection(EventLoop& loop, Client client, Channel::Receive receive);
    // Goes on with the channel that another process of the daemon made.
    ClientConnection(EventLoop& loop, Client client, Descriptor near_end, Channel::Receive receive);
    ClientConnection(const ClientConnection&) = delete;
    ClientConnection& operator=(const ClientConnection&) = delete;

    const Client& client() const { return client_; }
    Channel& channel() { return channel_; }
    const Channel& channel() const { return channel_; }

    // Why it is to be given up: it hung up, died or broke the protocol. Empty while it is well. Static
    // storage.
    std::string_view over() const { return over_; }
    bool violated() const { return violated_; }

    // The last STATE it was told; none before the first.
    std::optional<message::State> told_state;
    bool userfaultfd_answered = false;

    // Gives it an alarm, once, where there is a descriptor for one: without one it announces by messages.
    void give_alarm(std::function<void()> rang);

  private:
    Channel::HungUp hung_up();
    void watch_process();

    EventLoop& loop_;
    Client client_;
    std::string_view over_;
    bool violated_ = false;
    Channel channel_;
    bool alarm_tried_ = false;
    std::optional<ClientAlarm> alarm_;
    LoopSource death_;
};

}  // namespace hvfbd
