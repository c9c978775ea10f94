#include "bus/bus_connection.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <sdbus-c++/sdbus-c++.h>

#include "base/error.h"

namespace hvfbd {

namespace {

constexpr int requests_per_turn = 32;

std::unique_ptr<sdbus::IConnection> connect(const std::string& which) {
    if (which == "system") return sdbus::createSystemBusConnection();
    if (which == "session") return sdbus::createSessionBusConnection();
    return sdbus::createSessionBusConnectionWithAddress(which);
}

}  // namespace

BusConnection::BusConnection(EventLoop& loop, const std::string& which)
    : connection_(connect(which)), alarm_(loop, [this] { process(); }) {
    source_ =
        loop.watch(connection_->getEventLoopPollData().fd, EPOLLIN, [this](std::uint32_t) { process(); });
    before_wait_ = loop.before_wait([this] { prepare(); });
    // sdbus-c++ 1.2 opens a descriptor with its first variant, and then no more: now, while there is one.
    [[maybe_unused]] const sdbus::Variant first;
    refill();
}

void BusConnection::request_name(const std::string& name) {
    try {
        connection_->requestName(name);
    } catch (const sdbus::Error& error) {
        if (error.getName() != "org.freedesktop.DBus.Error.FileExists") throw;
        throw RequestError(RequestError::Kind::failed,
                           "the bus has a " + name + " already: another hvfbd runs on it");
    }
}

void BusConnection::process() {
    struct Refilled {
        BusConnection& of;
        ~Refilled() { of.refill(); }
    } const refilled{*this};
    for (Descriptor& one : reserve_) one.reset();
    try {
        for (int i = 0; i < requests_per_turn && connection_->processPendingRequest(); ++i) {
        }
    } catch (const sdbus::Error& error) {
        // The loop calls again: what was not read is still there.
        if (error.getName() == "org.freedesktop.DBus.Error.NoMemory") throw_errno("serve the bus", ENOMEM);
        throw;
    }
}

// What cannot be had now is had after the next dispatch.
void BusConnection::refill() noexcept {
    for (Descriptor& one : reserve_)
        if (!one) one.reset(::eventfd(0, EFD_CLOEXEC));
}

void BusConnection::prepare() {
    // Asked before every wait: a call made in between may have read from the socket, and what it read waits
    // in memory where no poll sees it. sd-bus answers with a time that has passed then.
    auto wanted = connection_->getEventLoopPollData();
    source_.set_events(static_cast<std::uint32_t>(wanted.events));
    if (wanted.timeout_usec == UINT64_MAX)
        alarm_.set(std::nullopt);
    else
        alarm_.set(Time{std::chrono::microseconds{wanted.timeout_usec}});
}

}  // namespace hvfbd
