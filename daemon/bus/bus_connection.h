#pragma once

#include <memory>
#include <string>

#include "base/event_loop.h"
#include "bus/descriptor_reserve.h"
#include "common/sdbus.h"
#if __has_include(<sdbus-c++/VTableItems.h>)
#include "bus/sdbus_2_attachment.h"
#else
#include "bus/sdbus_1_attachment.h"
#endif

namespace hvfbd {

// The connection to the bus, in our loop. At rest when no message comes. A lost connection throws out of the
// loop's dispatch, which ends the daemon, and systemd starts it anew: its name and its callers' identities
// are gone anyhow.
class BusConnection {
  public:
    // Descriptors that are kept for what the bus sends.
    static constexpr std::size_t reserve = DescriptorReserve::size;

    // `which`: "system", "session" or a D-Bus address. Throws sdbus::Error.
    BusConnection(EventLoop& loop, const std::string& which);

    // Throws RequestError (failed) if somebody has the name already, sdbus::Error otherwise.
    void request_name(const std::string& name);
    sdbus::IConnection& get() { return *connection_; }

    // To be called around each dispatch of the loop.
    void dispatch_begins() { attachment_.dispatch_begins(); }
    void dispatch_ends() { attachment_.dispatch_ends(); }

  private:
    std::unique_ptr<sdbus::IConnection> connection_;
    LoopAttachment attachment_;
};

}  // namespace hvfbd
