#include "clients/channel.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "base/closing.h"
#include "base/error.h"
#include "base/passing.h"

namespace hvfbd {

namespace {

constexpr int packets_per_dispatch = 16;
// An honest client sends two or three packets a frame. The burst lets one catch up after it was stopped.
constexpr double packets_per_second = 4000;
constexpr double packets_burst = 400;
constexpr Duration pause = std::chrono::milliseconds(20);

// SCM_MAX_FD of the kernel: a packet brings no more.
constexpr std::size_t most_descriptors = 253;
using Control = std::array<std::byte, CMSG_SPACE(sizeof(int) * most_descriptors)>;

// Linux 6.16, on most machines. Where it is there a peer cannot send a descriptor at all.
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

// Whether there were any.
bool close_descriptors(msghdr& header) {
    bool any = false;
    for (cmsghdr* item = CMSG_FIRSTHDR(&header); item; item = CMSG_NXTHDR(&header, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) continue;
        any = true;
        for (std::size_t at = 0; at + sizeof(int) <= item->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(item) + at, sizeof fd);
            close_elsewhere(Descriptor(fd));
        }
    }
    return any || (header.msg_flags & MSG_CTRUNC) != 0;
}

enum class Sent { done, would_block, failed };

Sent send_now(int socket, const message::Packet& packet, int attached) noexcept {
    if (pass(socket, {.data = packet.bytes.data(), .size = packet.size, .attached = attached}))
        return Sent::done;
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

Channel::Channel(EventLoop& loop, Ends ends, Receive receive, HungUp hung_up, Duration longest)
    : loop_(loop),
      receive_(std::move(receive)),
      hung_up_(std::move(hung_up)),
      near_end_(std::move(ends.near)),
      peer_end_(std::move(ends.peer)),
      full_(longest),
      allowance_(packets_burst, packets_per_second, loop.now()),
      alarm_(loop, [this] {
          if (full_.reached(loop_.now())) {
              end(Ending::violation, "it did not read its messages for 5 seconds");
              return;
          }
          paused_ = false;
          attempt([this] { rearm(); });
      }) {
    int no = 0;
    ::setsockopt(near_end_.get(), SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no);
    source_ = loop.watch(near_end_.get(), EPOLLIN,
                         [this](std::uint32_t events) { attempt([this, events] { ready(events); }); });
}

// In its queue there may be descriptors of the peer's, which end with it.
Channel::~Channel() {
    source_.reset();
    // Where nobody was given the other end there is nothing in it.
    if (!peer_end_) close_elsewhere(std::move(near_end_));
}

template <typename Act>
void Channel::attempt(const Act& act) noexcept {
    try {
        act();
    } catch (const std::exception&) {
        end(Ending::shortage, "hvfbd had no memory left to serve it");
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
    alignas(cmsghdr) std::array<Control, at_once> controls;
    for (int left = packets_per_dispatch; left > 0; left -= static_cast<int>(at_once)) {
        // Only as many as are allowed now: what is not taken stays in the client's own socket buffer.
        unsigned wanted = std::min(at_once, allowance_.left(loop_.now()));
        if (wanted == 0) {
            paused_ = true;
            ++throttled_;
            rearm();
            return;
        }
        // Descriptors that a peer attaches have to be taken, all of them: the kernel closes in this call
        // those for which there is no room, and that may wait.
        std::array<mmsghdr, at_once> headers{};
        for (unsigned i = 0; i < wanted; ++i) {
            data.at(i) = {buffers.at(i).data(), buffers.at(i).size()};
            headers.at(i).msg_hdr.msg_iov = &data.at(i);
            headers.at(i).msg_hdr.msg_iovlen = 1;
            headers.at(i).msg_hdr.msg_control = controls.at(i).data();
            headers.at(i).msg_hdr.msg_controllen = controls.at(i).size();
        }
        int count =
            ::recvmmsg(near_end_.get(), headers.data(), wanted, MSG_DONTWAIT | MSG_CMSG_CLOEXEC, nullptr);
        if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (count <= 0) {
            end(Ending::closed, {});
            return;
        }
        allowance_.take(static_cast<unsigned>(count));
        // Before any is taken: what is taken may end this.
        std::array<bool, at_once> attached{};
        for (unsigned i = 0; i < static_cast<unsigned>(count); ++i)
            attached.at(i) = close_descriptors(headers.at(i).msg_hdr);
        for (unsigned i = 0; i < static_cast<unsigned>(count); ++i) {
            if (attached.at(i)) return end(Ending::violation, "it sent a descriptor");
            if (!take({buffers.at(i).data(), headers.at(i).msg_len}, headers.at(i).msg_hdr.msg_flags)) return;
        }
        if (static_cast<unsigned>(count) < wanted) return;
    }
}

bool Channel::take(std::span<const std::byte> packet, int flags) {
    // A packet of no bytes cannot be told from a hang-up; it is no message either, so both end it.
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
        // It reads again, if slowly: its time starts anew.
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
    // A hang-up is reported whatever events are asked for: a peer that floods and hangs up would make the
    // loop spin.
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
