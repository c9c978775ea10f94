#pragma once

#include <sdbus-c++/IConnection.h>

#include <array>
#include <memory>
#include <string>

#include "base/descriptor.h"
#include "base/event_loop.h"

namespace hvfbd {

// The connection to the bus, in our loop. At rest when no message comes. A lost connection throws out of the
// loop's dispatch, which ends the daemon, and systemd starts it anew: its name and its callers' identities
// are gone anyhow.
class BusConnection {
  public:
    // Descriptors that are kept for what the bus sends: a message whose descriptors cannot be taken would end
    // the connection.
    static constexpr std::size_t reserve = 8;

    // `which`: "system", "session" or a D-Bus address. Throws sdbus::Error.
    BusConnection(EventLoop& loop, const std::string& which);

    // Throws RequestError (failed) if somebody has the name already, sdbus::Error otherwise.
    void request_name(const std::string& name);
    sdbus::IConnection& get() { return *connection_; }

  private:
    void process();
    void refill() noexcept;
    void prepare();

    std::unique_ptr<sdbus::IConnection> connection_;
    std::array<Descriptor, reserve> reserve_;
    EventLoop::Alarm alarm_;
    LoopSource source_, before_wait_;
};

}  // namespace hvfbd
