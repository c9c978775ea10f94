#include "surfaces/channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"

namespace hvfbd {

namespace {

constexpr int packets_per_turn = 16;
// An honest client sends two or three packets a frame. The burst lets one catch up after it was stopped.
constexpr double packets_per_second = 4000;
constexpr double packets_burst = 400;
constexpr Duration pause = std::chrono::milliseconds(20);

enum class Sent { done, would_block, failed };

Sent send_now(int socket, const message::Packet& packet, int attached) noexcept {
    iovec data{const_cast<std::byte*>(packet.bytes.data()), packet.size};
    msghdr header{};
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (attached >= 0) {
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        cmsghdr* item = CMSG_FIRSTHDR(&header);
        item->cmsg_level = SOL_SOCKET;
        item->cmsg_type = SCM_RIGHTS;
        item->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(item), &attached, sizeof attached);
    }
    if (::sendmsg(socket, &header, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0) return Sent::done;
    // ETOOMANYREFS: too many descriptors under way to a peer that does not read: the same as a full queue.
    bool later =
        errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM || errno == ETOOMANYREFS;
    return later ? Sent::would_block : Sent::failed;
}

}  // namespace

Channel::Ends Channel::make_ends() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) throw_errno("make a channel");
    return {Descriptor{ends[0]}, Descriptor{ends[1]}};
}

Channel::Channel(EventLoop& loop, Receive receive, HungUp hung_up, Duration patience)
    : Channel(loop, make_ends(), std::move(receive), std::move(hung_up), patience) {}

Channel::Channel(EventLoop& loop, Descriptor near_end, Receive receive, HungUp hung_up, Duration patience)
    : Channel(loop, Ends{std::move(near_end), {}}, std::move(receive), std::move(hung_up), patience) {}

Channel::Channel(EventLoop& loop, Ends ends, Receive receive, HungUp hung_up, Duration patience)
    : loop_(loop),
      receive_(std::move(receive)),
      hung_up_(std::move(hung_up)),
      near_end_(std::move(ends.near)),
      peer_end_(std::move(ends.peer)),
      full_(patience),
      allowance_(packets_burst),
      allowance_at_(loop.now()),
      alarm_(loop, [this] {
          if (full_.reached(loop_.now())) {
              end(Ending::violation, "it did not read its messages for 5 seconds");
              return;
          }
          paused_ = false;
          attempt([this] { rearm(); });
      }) {
    source_ = loop.watch(near_end_.get(), EPOLLIN,
                         [this](std::uint32_t events) { attempt([this, events] { ready(events); }); });
}

template <typename Act>
void Channel::attempt(const Act& act) noexcept {
    try {
        act();
    } catch (const std::exception&) {
        end(Ending::shortage, "hvfbd had no memory left to go on with it");
    }
}

void Channel::ready(std::uint32_t events) {
    if (events & EPOLLOUT) flush();
    // What was sent before the hang-up still counts, so it is read first.
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) read_some();
}

void Channel::read_some() {
    // Several at once: one system call says both what there is and that there is no more.
    constexpr unsigned at_once = 4;
    std::array<std::array<std::byte, HVFB_MESSAGE_MAX>, at_once> buffers;
    std::array<iovec, at_once> data;
    for (int left = packets_per_turn; left > 0; left -= static_cast<int>(at_once)) {
        // Only as many as are allowed now: what is not taken stays in the client's own socket buffer.
        unsigned wanted = std::min(at_once, allowed());
        if (wanted == 0) {
            paused_ = true;
            ++throttled_;
            rearm();
            return;
        }
        // No control buffers: descriptors that a client attaches are dropped by the kernel and never opened
        // here.
        std::array<mmsghdr, at_once> headers{};
        for (unsigned i = 0; i < wanted; ++i) {
            data.at(i) = {buffers.at(i).data(), buffers.at(i).size()};
            headers.at(i).msg_hdr.msg_iov = &data.at(i);
            headers.at(i).msg_hdr.msg_iovlen = 1;
        }
        int count = ::recvmmsg(near_end_.get(), headers.data(), wanted, MSG_DONTWAIT, nullptr);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) {
            end(Ending::closed, {});
            return;
        }
        allowance_ -= count;
        for (unsigned i = 0; i < static_cast<unsigned>(count); ++i)
            if (!take({buffers.at(i).data(), headers.at(i).msg_len}, headers.at(i).msg_hdr.msg_flags)) return;
        if (static_cast<unsigned>(count) < wanted) return;
    }
}

bool Channel::take(std::span<const std::byte> packet, int flags) {
    // A packet of no bytes looks like a hang-up; it is no message either, so both end it.
    if (packet.empty()) {
        end(Ending::closed, {});
    } else if (flags & MSG_TRUNC) {
        end(Ending::violation, "it sent a packet that is longer than any message");
    } else {
        message::FromClient message = message::decode(packet);
        if (auto* malformed = std::get_if<message::Malformed>(&message))
            end(Ending::violation, malformed->why);
        else if (auto violation = receive_(message))
            end(Ending::violation, *violation);
    }
    return !over_;
}

unsigned Channel::allowed() {
    Time now = loop_.now();
    allowance_ =
        std::min(packets_burst, allowance_ + std::chrono::duration<double>(now - allowance_at_).count() *
                                                 packets_per_second);
    allowance_at_ = now;
    return allowance_ < 1 ? 0 : static_cast<unsigned>(allowance_);
}

void Channel::send(const message::Packet& packet, std::shared_ptr<const Descriptor> attached) noexcept {
    if (over_) return;
    hvfb_header header;
    std::memcpy(&header, packet.bytes.data(), sizeof header);
    auto slot = static_cast<std::size_t>(
        std::ranges::find(sending_order, static_cast<hvfb_message_type>(header.type)) -
        sending_order.begin());
    bool queue_is_empty =
        std::ranges::none_of(waiting_, [](const auto& waiting) { return waiting != nullptr; });
    int descriptor = attached ? attached->get() : -1;
    if (queue_is_empty && send_now(near_end_.get(), packet, descriptor) == Sent::done) return;
    // A failure other than a full queue is the peer's hang-up, which the loop reports as such.
    attempt([&] {
        waiting_.at(slot) = std::make_unique<Waiting>(Waiting{packet, std::move(attached)});
        if (!full_.running()) full_.start(loop_.now());
        rearm();
    });
}

void Channel::send_last(const message::Packet& packet) noexcept {
    if (!over_) send_now(near_end_.get(), packet, -1);
}

void Channel::flush() {
    for (auto& waiting : waiting_) {
        if (!waiting) continue;
        if (send_now(near_end_.get(), waiting->packet, waiting->attached ? waiting->attached->get() : -1) !=
            Sent::done)
            return;
        waiting.reset();
        // It reads again, if slowly: its patience starts anew.
        full_.start(loop_.now());
    }
    full_.stop();
    rearm();
}

void Channel::rearm() {
    if (over_) return;
    std::uint32_t events = 0;
    if (!paused_) events |= EPOLLIN;
    if (full_.running()) events |= EPOLLOUT;
    source_.set_events(events);
    std::optional<Time> at = full_.due();
    if (paused_) at = std::min(at.value_or(Time::max()), loop_.now() + pause);
    alarm_.set(at);
    // A peer that floods and hangs up would keep the loop busy: a hang-up is reported whatever events are
    // asked for.
    source_.set_enabled(!paused_ || full_.running());
}

void Channel::end(Ending ending, std::string_view why) noexcept {
    if (over_) return;
    over_ = true;
    source_.reset();
    try {
        alarm_.set(std::nullopt);
    } catch (const std::exception&) {
        // It rings once more, and finds that this is over.
        full_.stop();
    }
    hung_up_(ending, why);
}

}  // namespace hvfbd
