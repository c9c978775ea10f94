#include "control/service.h"

#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include <csignal>

namespace hvfbd {

Service::Service(EventLoop& loop, std::function<void()> reload, std::function<void()> end) {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (int signal : {SIGHUP, SIGTERM, SIGINT, SIGXCPU}) ::sigaddset(&signals, signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // A peer that is gone is an error of the write, not the end of the daemon.
    ::signal(SIGPIPE, SIG_IGN);
    hangup_ = loop.on_signal(SIGHUP, std::move(reload));
    terminate_ = loop.on_signal(SIGTERM, end);
    // The limit of processor time, until the harder one kills: the screen is saved before.
    exhausted_ = loop.on_signal(SIGXCPU, end);
    interrupt_ = loop.on_signal(SIGINT, std::move(end));
    // Only where an administrator's drop-in has set WatchdogSec=: it wakes the daemon also at rest.
    sd_event_set_watchdog(loop.native(), 1);
}

void Service::ready() {
    ::sd_notify(0, "READY=1");
}

void Service::stopping() {
    ::sd_notify(0, "STOPPING=1");
}

}  // namespace hvfbd
