#include "channel.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace hvfb {

namespace {

// Neither call waits: what interrupts it so often is not a signal.
constexpr int most_tries = 100;

}  // namespace

void Channel::hang_up() {
    if (!socket_.ours() || shutdown(socket_.get(), SHUT_RDWR) == 0) return;
    // A filter refuses it. Who is about to send finds that the number is none of ours any more.
    if (errno != ENOTCONN) socket_.reset();
}

int Channel::send(const message::Packet& packet) const {
    if (!socket_.ours()) return -EBADF;
    for (int tries = 0;; ++tries) {
        if (::send(socket_.get(), packet.bytes.data(), packet.size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return 0;
        if (errno == EINTR && tries < most_tries) continue;
        // Too many packets on their way in the whole system, or no memory for one: it may be tried again as
        // well, though there is room.
        return errno == ENOMEM ? -ENOBUFS : -errno;
    }
}

int Channel::receive(Received& received) const {
    return socket_.ours() ? receive_more(received) : -EBADF;
}

int Channel::receive_more(Received& received) const {
    alignas(8) std::array<std::byte, message::Packet::capacity> packet;
    alignas(cmsghdr) std::array<char, CMSG_SPACE(4 * sizeof(int))> control;
    iovec contents = {.iov_base = packet.data(), .iov_len = packet.size()};
    msghdr header = {};
    header.msg_iov = &contents;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    ssize_t length = 0;
    int tries = 0;
    // ECONNRESET says, once, that the daemon hung up with packets of ours unread. What it sent before is
    // still there.
    do length = recvmsg(socket_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (length < 0 && (errno == EINTR || errno == ECONNRESET) && ++tries < most_tries);
    if (length < 0) return errno == EAGAIN ? 0 : -errno;

    received.descriptor.reset();
    for (cmsghdr* part = CMSG_FIRSTHDR(&header); part; part = CMSG_NXTHDR(&header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        for (std::size_t i = 0; i < (part->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
            received.descriptor = Descriptor(fd);
        }
    }
    if (length == 0) return -ECONNRESET;
    if (header.msg_flags & MSG_TRUNC) return -EPROTO;
    auto message = message::decode(std::span(packet).first(static_cast<std::size_t>(length)));
    if (!message) return -EPROTO;
    const bool attached = std::holds_alternative<message::Configure>(*message) ||
                          std::holds_alternative<message::Alarm>(*message) ||
                          std::holds_alternative<message::Userfaultfd>(*message);
    // At the limit of descriptors the message comes without its own.
    const bool cut_off = attached && !received.descriptor && (header.msg_flags & MSG_CTRUNC);
    if (attached != static_cast<bool>(received.descriptor) && !cut_off) return -EPROTO;
    received.message = *message;
    return 1;
}

}  // namespace hvfb
