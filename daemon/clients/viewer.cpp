#include "clients/viewer.h"

#include <utility>

namespace hvfbd {

Viewer::Viewer(EventLoop& loop, unsigned number, Client client)
    : number_(number), presented_(loop.now()), peer_(loop, std::move(client), endings, receiver()) {}

// It waits: whether it had asked before the process ended is not known, and to be told unasked harms nobody.
Viewer::Viewer(EventLoop& loop, const SavedViewer& saved, RestoredDescriptors& restored,
               std::uint64_t first_serial)
    : number_(saved.number),
      hello_(saved.handshake_complete),
      waits_(true),
      configure_serial_(first_serial),
      presented_(loop.now()),
      peer_(loop, saved.client, saved.peer_names(), restored, endings, receiver()) {}

SavedViewer Viewer::save() const {
    return {number_, peer_.save(), hello_.received()};
}

void Viewer::add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const {
    peer_.add_stored_descriptors(save().peer_names(), stored_descriptors);
}

Channel::Receive Viewer::receiver() {
    return [this](const message::FromClient& message) { return receive(message); };
}

std::optional<std::string_view> Viewer::receive(const message::FromClient& message) {
    if (auto violation = hello_.receive(message)) return violation;
    if (std::holds_alternative<message::Hello>(message)) {
        peer_.send_hello();
        return std::nullopt;
    }
    if (std::holds_alternative<message::Unknown>(message) ||
        std::holds_alternative<message::Configured>(message))
        return std::nullopt;
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
    if (std::exchange(front_owed_, false)) {
        pending_damage_ = Region(front.layout().rectangle());
        peer_.send(message::encode_configure(++configure_serial_, front.layout()), front.share());
    }
    pending_damage_ |= region;
    // For one that never asks as well: more than these are told as less anyway.
    pending_damage_.bound(HVFB_FRAME_READY_MAX);
    frame_ = frame;
    presented_ = presented;
    tell();
}

void Viewer::tell() {
    if (!waits_ || !started_ || pending_damage_.empty()) return;
    peer_.send(message::encode_frame_ready(frame_,
                                           static_cast<std::uint64_t>(presented_.time_since_epoch().count()),
                                           pending_damage_.rectangles()));
    pending_damage_.clear();
    waits_ = false;
}

}  // namespace hvfbd
