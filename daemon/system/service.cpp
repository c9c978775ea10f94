#include "system/service.h"

#include <systemd/sd-daemon.h>

#include <csignal>
#include <cstdint>
#include <utility>

namespace hvfbd {

namespace {

sigset_t service_signals() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (int signal : {SIGHUP, SIGTERM, SIGINT, SIGXCPU}) ::sigaddset(&signals, signal);
    return signals;
}

}  // namespace

void Service::release_signals() {
    sigset_t signals = service_signals();
    ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void Service::hold_signals() {
    sigset_t signals = service_signals();
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    // A peer that is gone is an error of the write, not the end of the daemon.
    ::signal(SIGPIPE, SIG_IGN);
}

Service::Service(EventLoop& loop, Notifier& notifier, std::function<void()> reload, std::function<void()> end)
    : loop_(loop), notifier_(notifier), feeding_(loop, [this] { feed_watchdog(); }) {
    hold_signals();
    hangup_ = loop.on_signal(SIGHUP, std::move(reload));
    terminate_ = loop.on_signal(SIGTERM, end);
    // The limit of processor time, until the harder one kills: the screen is saved before.
    exhausted_ = loop.on_signal(SIGXCPU, end);
    interrupt_ = loop.on_signal(SIGINT, std::move(end));
    // Only where an administrator's drop-in has set WatchdogSec=: it wakes the daemon also at rest. Not
    // sd_event_set_watchdog(), which waits for a manager that does not read.
    std::uint64_t limit = 0;  // microseconds
    if (::sd_watchdog_enabled(1, &limit) <= 0) return;
    watchdog_ = std::chrono::microseconds(limit / 2);
    feed_watchdog();
}

void Service::feed_watchdog() {
    notifier_.notify("WATCHDOG=1");
    feeding_.set(loop_.now() + watchdog_);
}

}  // namespace hvfbd
