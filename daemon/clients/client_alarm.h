#pragma once

#include <functional>
#include <memory>

#include "base/descriptor.h"
#include "base/event_loop.h"

namespace hvfbd {

// An alarm that a client sets and that notifies the daemon (hvfb/protocol.h, ALARM): a timerfd that both
// hold. The client may do to it what it likes: nothing here reads it, and so nothing can block, and it
// notifies at most 50 times a second.
class ClientAlarm {
  public:
    // Throws std::system_error.
    ClientAlarm(EventLoop& loop, std::function<void()> rang);

    // For the client.
    std::shared_ptr<const Descriptor> timer() const { return timer_; }

  private:
    void ring();

    EventLoop& loop_;
    std::function<void()> rang_;
    std::shared_ptr<const Descriptor> timer_;
    LoopSource source_;
    EventLoop::Alarm silence_;  // its end
};

}  // namespace hvfbd
