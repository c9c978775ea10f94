#pragma once

#include <hvfb/protocol.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>
#include <vector>

#include "base/descriptor.h"
#include "base/layout.h"
#include "base/mapping.h"
#include "clients/surfaces.h"
#include "clients/viewers.h"

namespace hvfbd::testing {

// The far end of a channel, byte by byte: a client or viewer that can be honest, confused or hostile.
class RawClient {
  public:
    RawClient(Descriptor channel, Descriptor buffer, const Layout& layout, Mapping::Access access)
        : channel_(std::move(channel)),
          buffer_(std::move(buffer)),
          layout_(layout),
          pixels_(buffer_, layout.size, access) {}
    explicit RawClient(Surfaces::Opened opened)
        : RawClient(std::move(opened.channel), std::move(opened.buffer), opened.layout,
                    Mapping::Access::read_write) {}
    explicit RawClient(Viewers::Opened opened)
        : RawClient(std::move(opened.channel), std::move(opened.front), opened.layout,
                    Mapping::Access::read) {}

    const Layout& layout() const { return layout_; }
    int channel() const { return channel_.get(); }
    int buffer() const { return buffer_.get(); }
    void hang_up() { channel_.reset(); }

    std::uint32_t& pixel(std::uint32_t x, std::uint32_t y) {
        return *reinterpret_cast<std::uint32_t*>(pixels_.bytes().data() + layout_.offset(x, y));
    }

    bool send_bytes(const void* bytes, std::size_t size) {
        return ::send(channel_.get(), bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL) == static_cast<ssize_t>(size);
    }
    template <typename Body>
    bool send(hvfb_message_type type, Body body) {
        body.header = {type, sizeof body};
        return send_bytes(&body, sizeof body);
    }
    bool hello(std::uint32_t flags) { return send(HVFB_HELLO, hvfb_hello{{}, HVFB_PROTOCOL_VERSION, flags}); }
    bool frame(std::uint64_t number) { return send(HVFB_FRAME, hvfb_frame{{}, number}); }
    bool damaged() { return send(HVFB_DAMAGED, hvfb_damaged{{}, HVFB_DAMAGED_SOMEWHERE, 0}); }
    bool damaged(const Rectangle& rectangle) {
        struct {
            hvfb_damaged head;
            hvfb_rectangle item;
        } HVFB_PACKED message{
            {{HVFB_DAMAGED, sizeof message}, HVFB_DAMAGED_RECTANGLES, 1},
            {static_cast<std::uint32_t>(rectangle.left), static_cast<std::uint32_t>(rectangle.top),
             static_cast<std::uint32_t>(rectangle.width()), static_cast<std::uint32_t>(rectangle.height())}};
        return send_bytes(&message, sizeof message);
    }
    bool written(std::uint64_t serial, std::uint32_t flags, std::vector<hvfb_page_range> pages = {}) {
        std::vector<std::byte> message(sizeof(hvfb_written) + pages.size() * sizeof(hvfb_page_range));
        hvfb_written head{{HVFB_WRITTEN, static_cast<std::uint32_t>(message.size())},
                          serial,
                          flags,
                          static_cast<std::uint32_t>(pages.size())};
        std::memcpy(message.data(), &head, sizeof head);
        if (!pages.empty())
            std::memcpy(message.data() + sizeof head, pages.data(), pages.size() * sizeof pages[0]);
        return send_bytes(message.data(), message.size());
    }

    struct Received {
        std::vector<std::byte> bytes;
        Descriptor attached;
        std::uint32_t type() const {
            hvfb_header header;
            std::memcpy(&header, bytes.data(), sizeof header);
            return header.type;
        }
        template <typename Body>
        Body as() const {
            Body body;
            std::memcpy(&body, bytes.data(), sizeof body);
            return body;
        }
    };
    // The next packet, if one is there now.
    std::optional<Received> receive() {
        std::byte bytes[HVFB_MESSAGE_MAX];
        alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
        iovec data{bytes, sizeof bytes};
        msghdr header{};
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
        ssize_t size = ::recvmsg(channel_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (size <= 0) return std::nullopt;
        Received received{{bytes, bytes + size}, {}};
        if (cmsghdr* item = CMSG_FIRSTHDR(&header)) {
            int fd;
            std::memcpy(&fd, CMSG_DATA(item), sizeof fd);
            received.attached.reset(fd);
        }
        return received;
    }
    // The daemon has closed its end.
    bool closed() {
        char byte;
        ssize_t size = ::recv(channel_.get(), &byte, 1, MSG_DONTWAIT | MSG_PEEK);
        return size == 0 || (size < 0 && errno != EAGAIN);
    }

  private:
    Descriptor channel_, buffer_;
    Layout layout_;
    Mapping pixels_;
};

}  // namespace hvfbd::testing
