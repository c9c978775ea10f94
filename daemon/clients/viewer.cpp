#include "clients/viewer.h"

#include <utility>

namespace hvfbd {

Viewer::Viewer(EventLoop& loop, unsigned number, Client client)
    : Peer(loop, std::move(client), endings, [this](const auto& message) { return receive(message); }),
      number_(number),
      presented_(loop.now()) {}

// It waits: whether it had asked before the process ended is not known, and a frame unasked harms nobody.
Viewer::Viewer(EventLoop& loop, const SavedViewer& saved, RestoredDescriptors& restored,
               std::uint64_t first_serial)
    : Peer(loop, saved.client, saved.peer_names(), restored, endings,
           [this](const auto& message) { return receive(message); }),
      number_(saved.number),
      hello_(saved.handshake_complete),
      waits_(true),
      configure_serial_(first_serial),
      presented_(loop.now()) {}

SavedViewer Viewer::save() const {
    return {number_, Peer::save(), hello_.received()};
}

void Viewer::add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const {
    Peer::add_stored_descriptors(save().peer_names(), stored_descriptors);
}

std::optional<std::string_view> Viewer::receive(const message::FromClient& message) {
    if (auto violation = hello_.receive(message)) return violation;
    if (std::holds_alternative<message::Hello>(message)) {
        send_hello();
        return std::nullopt;
    }
    if (std::holds_alternative<message::Unknown>(message) ||
        std::holds_alternative<message::Configured>(message))
        return std::nullopt;
    if (!std::holds_alternative<message::Next>(message)) return "it sent a message that is for surfaces";
    waits_ = true;
    send_frame();
    return std::nullopt;
}

void Viewer::current(const Picture& front, std::uint64_t frame, Time compared) {
    if (started_) return;
    started_ = true;
    changed(front, Region(front.layout().rectangle()), frame, compared);
}

void Viewer::changed(const Picture& front, const Region& region, std::uint64_t frame, Time presented) {
    if (std::exchange(front_owed_, false)) {
        pending_damage_ = Region(front.layout().rectangle());
        send(message::encode_configure(++configure_serial_, front.layout()), front.share());
    }
    pending_damage_ |= region;
    // For one that never asks as well: no message holds more.
    pending_damage_.bound(HVFB_FRAME_READY_MAX);
    frame_ = frame;
    presented_ = presented;
    send_frame();
}

void Viewer::send_frame() {
    if (!waits_ || !started_ || pending_damage_.empty()) return;
    send(message::encode_frame_ready(frame_,
                                     static_cast<std::uint64_t>(presented_.time_since_epoch().count()),
                                     pending_damage_.rectangles()));
    pending_damage_.clear();
    waits_ = false;
}

}  // namespace hvfbd
