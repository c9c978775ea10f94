#pragma once

#include <sdbus-c++/IConnection.h>
#include <sdbus-c++/IProxy.h>
#include <sdbus-c++/Types.h>

#include <functional>
#include <memory>

namespace hvfbd {

// Hears from systemd-logind that the machine goes to sleep, wakes, or shuts down, and delays sleep until the
// daemon has done what it must. Where there is no logind, nothing happens.
class Logind {
  public:
    struct Calls {
        std::function<void()> sleep, wake, shutdown;
    };
    // Borrowed: the connection.
    Logind(sdbus::IConnection& connection, Calls calls);

  private:
    void delay_sleep();

    Calls calls_;
    std::unique_ptr<sdbus::IProxy> manager_;
    sdbus::UnixFd delay_;  // held: the machine waits for us, five seconds by default
};

}  // namespace hvfbd
