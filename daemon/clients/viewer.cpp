#include "clients/viewer.h"

#include <sys/epoll.h>

namespace hvfbd {

Viewer::Viewer(EventLoop& loop, unsigned number, Client client)
    : number_(number),
      client_(std::move(client)),
      presented_(loop.now()),
      channel_(loop, receiver(), hung_up()) {
    watch_client(loop);
}

// It waits: whether it had asked before the process ended is not known, and to be told unasked harms nobody.
Viewer::Viewer(EventLoop& loop, const SavedViewer& saved, RestoredDescriptors& restored,
               std::uint64_t first_serial)
    : number_(saved.number),
      client_{saved.client.bus_name, saved.client.uid, static_cast<pid_t>(saved.client.pid),
              saved.client.has_process ? restored.demand(saved.process_name()) : Descriptor{}},
      handshake_complete_(true),
      greeted_(saved.handshake_complete),
      waits_(true),
      configure_serial_(first_serial),
      presented_(loop.now()),
      channel_(loop, restored.demand(saved.channel_name()), receiver(), hung_up()) {
    watch_client(loop);
}

SavedViewer Viewer::save() const {
    return {number_,
            {client_.bus_name, client_.uid, static_cast<std::uint32_t>(client_.pid),
             static_cast<bool>(client_.pidfd)},
            greeted_};
}

void Viewer::add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const {
    SavedViewer saved = this->save();
    stored_descriptors.push_back({saved.channel_name(), channel_.near_end().get()});
    if (client_.pidfd) stored_descriptors.push_back({saved.process_name(), client_.pidfd.get()});
}

Channel::Receive Viewer::receiver() {
    return [this](const message::FromClient& message) { return receive(message); };
}

Channel::HungUp Viewer::hung_up() {
    return [this](Channel::Ending ending, std::string_view why) {
        violated_ = ending == Channel::Ending::violation;
        over_ = ending == Channel::Ending::closed ? "it closed the channel" : why;
    };
}

void Viewer::watch_client(EventLoop& loop) {
    if (!client_.pidfd) return;
    death_ = loop.watch(client_.pidfd.get(), EPOLLIN, [this](std::uint32_t) {
        death_.reset();
        if (over_.empty()) over_ = "it died";
    });
}

std::optional<std::string_view> Viewer::receive(const message::FromClient& message) {
    if (auto* hello = std::get_if<message::Hello>(&message)) {
        if (greeted_) return "it sent HELLO twice";
        if (hello->version != HVFB_PROTOCOL_VERSION)
            return "it speaks another version of the channel: update its libhvfb";
        handshake_complete_ = greeted_ = true;
        message::Packet packet;
        message::encode_hello(packet);
        channel_.send(packet);
        return std::nullopt;
    }
    if (std::holds_alternative<message::Unknown>(message)) return std::nullopt;
    if (!handshake_complete_) return "it did not send HELLO first";
    if (std::holds_alternative<message::Configured>(message)) return std::nullopt;
    if (!std::holds_alternative<message::Next>(message)) return "it sent a message that is for surfaces";
    waits_ = true;
    tell();
    return std::nullopt;
}

void Viewer::current(const Picture& front, std::uint64_t frame, Time compared) {
    if (started_) return;
    started_ = true;
    changed(front, Region(front.layout().rectangle()), frame, compared);
}

void Viewer::changed(const Picture& front, const Region& region, std::uint64_t frame, Time presented) {
    if (std::exchange(front_owed_, false)) configure(front);
    pending_damage_ |= region;
    // For one that never asks as well: more than these are told as less anyway.
    pending_damage_.bound(HVFB_FRAME_READY_MAX);
    frame_ = frame;
    presented_ = presented;
    tell();
}

void Viewer::tell() {
    if (!waits_ || !started_ || pending_damage_.empty()) return;
    message::Packet packet;
    message::encode_frame_ready(packet, frame_,
                                static_cast<std::uint64_t>(presented_.time_since_epoch().count()),
                                pending_damage_.rectangles());
    channel_.send(packet);
    pending_damage_.clear();
    waits_ = false;
}

void Viewer::configure(const Picture& front) {
    pending_damage_ = Region(front.layout().rectangle());
    message::Packet packet;
    message::encode_configure(packet, ++configure_serial_, front.layout());
    channel_.send(packet, front.share());
}

void Viewer::revoke() noexcept {
    message::Packet packet;
    message::encode_revoked(packet);
    channel_.send_last(packet);
}

}  // namespace hvfbd
