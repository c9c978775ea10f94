#include "surfaces/viewer.h"

#include <sys/epoll.h>

namespace hvfbd {

Viewer::Viewer(EventLoop& loop, unsigned number, Client client)
    : number_(number),
      client_(std::move(client)),
      presented_(loop.now()),
      channel_(
          loop, [this](const message::FromClient& message) { return receive(message); },
          [this](std::string_view violation) {
              violated_ = !violation.empty();
              over_ = violated_ ? violation : "it closed the channel";
          }) {
    if (client_.pidfd)
        death_ = loop.watch(client_.pidfd.get(), EPOLLIN, [this](std::uint32_t) {
            death_.reset();
            if (over_.empty()) over_ = "it died";
        });
}

std::optional<std::string_view> Viewer::receive(const message::FromClient& message) {
    if (auto* hello = std::get_if<message::Hello>(&message)) {
        if (introduced_) return "it sent HELLO twice";
        if (hello->version != HVFB_PROTOCOL_VERSION)
            return "it speaks another version of the channel: update its libhvfb";
        introduced_ = true;
        message::Packet packet;
        message::encode_hello(packet);
        channel_.send(packet);
        return std::nullopt;
    }
    if (std::holds_alternative<message::Unknown>(message)) return std::nullopt;
    if (!introduced_) return "it did not send HELLO first";
    if (std::holds_alternative<message::Configured>(message)) return std::nullopt;
    if (!std::holds_alternative<message::Next>(message)) return "it sent a message that is for surfaces";
    waits_ = true;
    tell();
    return std::nullopt;
}

void Viewer::current(const Layout& layout, std::uint64_t frame, Time looked) {
    if (started_) return;
    started_ = true;
    changed(Region(layout.rectangle()), frame, looked);
}

void Viewer::changed(const Region& region, std::uint64_t frame, Time presented) {
    untold_ |= region;
    frame_ = frame;
    presented_ = presented;
    tell();
}

void Viewer::tell() {
    if (!waits_ || !started_ || untold_.empty()) return;
    message::Packet packet;
    message::encode_frame_ready(packet, frame_,
                                static_cast<std::uint64_t>(presented_.time_since_epoch().count()),
                                untold_.rectangles());
    channel_.send(packet);
    untold_.clear();
    waits_ = false;
}

void Viewer::configure(const Picture& front) {
    untold_ = Region(front.layout().rectangle());
    message::Packet packet;
    message::encode_configure(packet, ++configure_serial_, front.layout());
    channel_.send(packet, front.memfd());
    tell();
}

void Viewer::revoke() noexcept {
    message::Packet packet;
    message::encode_revoked(packet);
    channel_.send_last(packet);
}

}  // namespace hvfbd
