#pragma once

#include <sdbus-c++/IConnection.h>

#include <memory>
#include <string>

#include "base/event_loop.h"

namespace hvfbd {

// The connection to the bus, in our loop. At rest when no message comes. A lost connection throws out of the
// loop's turn, which ends the daemon, and systemd starts it anew: its name and its callers' identities are
// gone anyhow.
class BusConnection {
  public:
    // `which`: "system", "session" or a D-Bus address. Throws sdbus::Error.
    BusConnection(EventLoop& loop, const std::string& which);

    // Throws Refusal (failed) if somebody has the name already, sdbus::Error otherwise.
    void request_name(const std::string& name);
    sdbus::IConnection& get() { return *connection_; }

  private:
    void process();
    void prepare();

    std::unique_ptr<sdbus::IConnection> connection_;
    EventLoop::Alarm alarm_;
    LoopSource source_, before_wait_;
};

}  // namespace hvfbd
