#include "clients/client_alarm.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include "base/error.h"

namespace hvfbd {

namespace {

constexpr Duration deaf_for = std::chrono::milliseconds(20);

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
      deafness_(loop, [this] { source_.set_events(EPOLLIN); }) {
    source_ = loop.watch(timer_->get(), EPOLLIN, [this](std::uint32_t) { ring(); });
}

void ClientAlarm::ring() {
    // Silenced without reading it: whether a read waits is up to whoever holds a duplicate. If the client has
    // just set it for another store, that is not lost: what follows a ring is a look, which asks the client,
    // and goes on looking if it does not answer.
    itimerspec never{};
    ::timerfd_settime(timer_->get(), 0, &never, nullptr);
    // Not taken out of the loop: putting it back could fail for want of memory.
    source_.set_events(0);
    deafness_.set(loop_.now() + deaf_for);
    rang_();
}

}  // namespace hvfbd
