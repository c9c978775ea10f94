#include "bus/sdbus_1_attachment.h"

#include <sys/epoll.h>

#include "base/error.h"

namespace hvfbd {

namespace {

constexpr int requests_per_turn = 32;

}  // namespace

LoopAttachment::LoopAttachment(EventLoop& loop, sdbus::IConnection& connection)
    : connection_(connection), alarm_(loop, [this] { process(); }) {
    source_ =
        loop.watch(connection_.getEventLoopPollData().fd, EPOLLIN, [this](std::uint32_t) { process(); });
    before_wait_ = loop.before_wait([this] { prepare(); });
    reserve_.refill();
}

void LoopAttachment::process() {
    struct Refilled {
        DescriptorReserve& reserve;
        ~Refilled() { reserve.refill(); }
    } const refilled{reserve_};
    reserve_.release();
    try {
        for (int i = 0; i < requests_per_turn && connection_.processPendingRequest(); ++i) {
        }
    } catch (const sdbus::Error& error) {
        // The loop calls again: what was not read is still there.
        if (error.getName() == "org.freedesktop.DBus.Error.NoMemory") throw_errno("serve the bus", ENOMEM);
        throw;
    }
}

void LoopAttachment::prepare() {
    // Asked before every wait: a call made in between may have read from the socket, and what it read waits
    // in memory where no poll sees it. sd-bus answers with a time that has passed then.
    auto wanted = connection_.getEventLoopPollData();
    source_.set_events(static_cast<std::uint32_t>(wanted.events));
    if (wanted.timeout_usec == UINT64_MAX)
        alarm_.set(std::nullopt);
    else
        alarm_.set(Time{std::chrono::microseconds{wanted.timeout_usec}});
}

}  // namespace hvfbd
