#include "clients/client_alarm.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "base/error.h"

namespace hvfbd {

namespace {

constexpr Duration silent_for = std::chrono::milliseconds(20);

Descriptor make_timer() {
    Descriptor timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
    if (!timer) throw_errno("make a client's alarm");
    return timer;
}

}  // namespace

ClientAlarm::ClientAlarm(EventLoop& loop, std::function<void()> rang)
    : loop_(loop),
      rang_(std::move(rang)),
      timer_(std::make_shared<const Descriptor>(make_timer())),
      silence_(loop, [this] { source_.set_events(EPOLLIN); }) {
    source_ = loop.watch(timer_->get(), EPOLLIN, [this](std::uint32_t) { ring(); });
}

void ClientAlarm::ring() {
    // Silenced without reading it: whether a read waits is up to whoever holds a duplicate. If the client has
    // just set it for another store, that is not lost: what follows is a collection, and comparisons if it
    // does not answer.
    itimerspec never{};
    ::timerfd_settime(timer_->get(), 0, &never, nullptr);
    // Not taken out of the loop: putting it back could fail for want of memory.
    source_.set_events(0);
    silence_.set(loop_.now() + silent_for);
    rang_();
}

}  // namespace hvfbd
