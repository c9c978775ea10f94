#pragma once

#include <functional>

#include "base/event_loop.h"

namespace hvfbd {

// What systemd and the terminal want of a service: to be told when it is ready, and to be heard when it shall
// read its configuration again (SIGHUP) or end (SIGTERM, SIGINT, SIGXCPU).
class Service {
  public:
    // The signals are blocked from here on; make it before there are threads.
    Service(EventLoop& loop, std::function<void()> reload, std::function<void()> end);

    static void ready();
    static void stopping();

  private:
    LoopSource hangup_, terminate_, exhausted_, interrupt_;
};

}  // namespace hvfbd
