#pragma once

#include <functional>

#include "base/event_loop.h"
#include "system/notifier.h"

namespace hvfbd {

// What systemd and the terminal want of a service: to be notified when it is ready, and to be heard when it
// shall read its configuration again (SIGHUP) or end (SIGTERM, SIGINT, SIGXCPU).
class Service {
  public:
    // Blocks the signals, and ignores SIGPIPE: the first thing that a process does, before there are threads.
    // A signal that comes before there is somebody to hear it waits for that.
    static void hold_signals();
    // For what is no service after all: they end the process again, one that has come included.
    static void release_signals();

    // Borrowed: the notifier outlives this.
    Service(EventLoop& loop, Notifier& notifier, std::function<void()> reload, std::function<void()> end);

    void ready() { notifier_.notify("READY=1"); }
    void stopping() { notifier_.notify("STOPPING=1"); }

  private:
    void feed_watchdog();

    EventLoop& loop_;
    Notifier& notifier_;
    LoopSource hangup_, terminate_, exhausted_, interrupt_;
    Duration watchdog_{};  // how often it wants to be fed; none: never
    EventLoop::Alarm feeding_;
};

}  // namespace hvfbd
