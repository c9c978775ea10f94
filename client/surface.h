#pragma once

#include <hvfb/hvfb.h>

#include <atomic>

#include "bell.h"
#include "bus_watch.h"
#include "channel.h"
#include "connection.h"
#include "fork.h"
#include "mapping.h"
#include "notices.h"
#include "outbox.h"
#include "tracking/tracker.h"

namespace hvfb {

// Asks the daemon for a surface, or somebody who plays it. Gives up when `interrupt` (-1: none) is readable.
using Connect = int (*)(const OpenOptions& options, int interrupt, Opened& opened);
// Waits until there is a daemon again, another one than `refused` (null: any): 1, 0 if the descriptor is
// readable, or a negative errno. Tells `absence` where there is none.
using Await = int (*)(const OpenOptions& options, int interrupt, const DaemonName* refused, Absence absence);

// hvfb_surface_open, with another way to the daemon. Without `await` a lost surface is not opened again by
// itself.
int open_surface(hvfb_surface** surface, const hvfb_open_options* options, Connect connect,
                 Await await = nullptr);

}  // namespace hvfb

// What hvfb.h calls a surface.
struct hvfb_surface : hvfb::ForkListed {
    hvfb_surface(hvfb::Connect way, hvfb::Await back) : ForkListed(in_child), connect(way), await(back) {}

    // 0, or why nothing can be done: -ECHILD after fork, -ENOTCONN when the daemon is gone.
    int check() const;
    bool forked() const { return forked_.load(std::memory_order_relaxed); }
    // Says HELLO on a new channel, before anything else can be sent on it.
    int greet(const hvfb::Channel& to) const;
    // Starts the thread, when that was said. Not undone if it fails.
    int begin();
    // Without its thread nobody hears the daemon: it is lost, and the daemon takes it off the display. Says
    // why.
    void give_up(int error);

    hvfb::OpenOptions options;
    hvfb::Connect connect;
    hvfb::Await await;
    hvfb::Mapping pixels;
    hvfb::Channel channel;
    hvfb::Bell bell;
    hvfb::Notices notices{bell};
    hvfb::Outbox outbox{channel, bell};
    hvfb::Tracker tracker{channel, notices, outbox};
    std::atomic<std::uint64_t> requested_frame{0};

  private:
    static void in_child(hvfb::ForkListed& listed);
    // The library's thread: opens it again when there is a daemon. False: it is to end.
    bool come_back();
    int open_again(hvfb::DaemonName& daemon, hvfb::Sentence& why);
    bool await_daemon(const hvfb::DaemonName* refused);
    enum class Rested { stopping, whole_time, bus_changed };
    Rested rest(int milliseconds, hvfb::BusWatch* watch = nullptr);

    int pause_ = 0;  // milliseconds before the next attempt
    hvfb::Nanoseconds came_back_at_ = 0;
    std::atomic<bool> forked_{false};
};
