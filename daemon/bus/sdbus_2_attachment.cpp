#include "bus/sdbus_2_attachment.h"

#include <poll.h>
#include <systemd/sd-event.h>

namespace hvfbd {

LoopAttachment::LoopAttachment(EventLoop& loop, sdbus::IConnection& connection)
    : connection_(connection), descriptor_(connection.getEventLoopPollData().fd) {
    // As important as everything else on the loop.
    connection_.attachSdEventLoop(loop.native(), SD_EVENT_PRIORITY_NORMAL);
    refill();
}

LoopAttachment::~LoopAttachment() {
    connection_.detachSdEventLoop();
}

void LoopAttachment::dispatch_begins() {
    pollfd readable{descriptor_, POLLIN, 0};
    if (::poll(&readable, 1, 0) == 0) return;
    reserve_.release();
    released_ = true;
}

void LoopAttachment::refill() {
    reserve_.refill();
    released_ = false;
}

}  // namespace hvfbd
