#pragma once

#include "base/event_loop.h"
#include "bus/descriptor_reserve.h"
#include "common/sdbus.h"

namespace hvfbd {

// A connection in our loop, with sdbus-c++ 1.2, which is asked before each wait what to wait for.
class LoopAttachment {
  public:
    // Borrowed: both.
    LoopAttachment(EventLoop& loop, sdbus::IConnection& connection);

    // See sdbus_2_attachment.h.
    void dispatch_begins() {}
    void dispatch_ends() {}

  private:
    void process();
    void prepare();

    sdbus::IConnection& connection_;
    DescriptorReserve reserve_;
    EventLoop::Alarm alarm_;
    LoopSource source_, before_wait_;
};

}  // namespace hvfbd
