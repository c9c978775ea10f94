#pragma once

#include "base/event_loop.h"
#include "bus/descriptor_reserve.h"
#include "common/sdbus.h"

namespace hvfbd {

// A connection in our loop, with sdbus-c++ 2, which attaches it.
class LoopAttachment {
  public:
    // Borrowed: both, and the connection is detached before it ends. Throws sdbus::Error.
    LoopAttachment(EventLoop& loop, sdbus::IConnection& connection);
    LoopAttachment(const LoopAttachment&) = delete;
    LoopAttachment& operator=(const LoopAttachment&) = delete;
    ~LoopAttachment();

    // Around each dispatch of the loop: the connection is read in one, if there is something to read.
    void dispatch_begins();
    void dispatch_ends() {
        if (released_) refill();
    }

  private:
    void refill();

    sdbus::IConnection& connection_;
    int descriptor_;  // the connection's
    DescriptorReserve reserve_;
    bool released_ = false;
};

}  // namespace hvfbd
