#include "clients/surface_buffers.h"

#include <algorithm>
#include <utility>

namespace hvfbd {

SurfaceBuffers::SurfaceBuffers(const SavedSurface& saved, RestoredDescriptors& restored,
                               std::uint64_t first_serial)
    : shadow_(Picture::shadow(restored.demand(saved.shadow_name(saved.shadow)), saved.layout)),
      shadow_serial_(saved.shadow),
      last_serial_(std::max(saved.last_shadow, first_serial)) {
    if (saved.replaced)
        if (Descriptor buffer = restored.take(saved.shadow_name(saved.replaced->serial)))
            replaced_ = restore(*saved.replaced, std::move(buffer));
    if (saved.offer) {
        offer_ = restore(*saved.offer, restored.demand(saved.shadow_name(saved.offer->serial)));
        // Should its client take that buffer after all, the next offer brings it back: so there is one, even
        // of the same layout.
        if (!offer_) offer_ = Offer{++last_serial_, copy_of(shadow_, shadow_.layout())};
    }
    take_mapped();
}

// No memory for a mode that nobody draws in yet is no reason to lose what is drawn.
std::optional<SurfaceBuffers::Offer> SurfaceBuffers::restore(const SavedOffer& saved, Descriptor buffer) {
    bool mapped = Picture::taken(buffer);
    try {
        return Offer{saved.serial, Picture::shadow(std::move(buffer), saved.layout), false, true};
    } catch (const std::system_error&) {
        if (mapped) throw;
        return std::nullopt;
    }
}

void SurfaceBuffers::save(SavedSurface& saved) const {
    saved.layout = shadow_.layout();
    saved.shadow = shadow_serial_;
    saved.last_shadow = last_serial_;
    if (offer_) saved.offer = SavedOffer{offer_->serial, offer_->picture.layout()};
    if (replaced_) saved.replaced = SavedOffer{replaced_->serial, replaced_->picture.layout()};
}

void SurfaceBuffers::add_stored_descriptors(const SavedSurface& saved,
                                            std::vector<StoredDescriptor>& stored) const {
    stored.push_back({saved.shadow_name(shadow_serial_), shadow_.memfd().get()});
    for (const auto* offer : {&replaced_, &offer_})
        if (*offer) stored.push_back({saved.shadow_name((*offer)->serial), (*offer)->picture.memfd().get()});
}

SurfaceBuffers SurfaceBuffers::copy(const Layout& first, const Layout& offered) const {
    SurfaceBuffers next(first);
    next.shadow_.start_from(shadow_);
    next.shadow_serial_ = next.last_serial_ = last_serial_ + 1;
    // Of the whole picture, not of what fits into the first.
    if (first != offered) next.offer_ = Offer{++next.last_serial_, copy_of(shadow_, offered)};
    return next;
}

Picture SurfaceBuffers::copy_of(const Picture& picture, const Layout& layout) {
    Picture copy = Picture::shadow(layout);
    copy.start_from(picture);
    return copy;
}

void SurfaceBuffers::offer(const Layout& layout) {
    if (wanted_layout() == layout) return;
    Offer offer{last_serial_ + 1, copy_of(shadow_, layout)};
    ++last_serial_;
    if (offer_ && (offer_->sent || offer_->restored)) replaced_ = std::move(offer_);
    offer_ = std::move(offer);
}

void SurfaceBuffers::send_offer(Peer& client) noexcept {
    client.send(message::encode_configure(offer_->serial, offer_->picture.layout()), offer_->picture.share());
    offer_->sent = true;
}

// A newer offer stays one.
void SurfaceBuffers::take(Offer& offer) {
    shadow_ = std::move(offer.picture);
    shadow_serial_ = offer.serial;
    if (offer_ && &offer == &*offer_) offer_.reset();
    replaced_.reset();
}

bool SurfaceBuffers::take(std::uint64_t serial) {
    for (auto* offer : {&offer_, &replaced_}) {
        if (!*offer || (*offer)->serial != serial) continue;
        take(**offer);
        return true;
    }
    return serial == shadow_serial_;  // said again; otherwise replaced twice
}

bool SurfaceBuffers::take_mapped() {
    for (auto* offer : {&offer_, &replaced_}) {
        if (!*offer || !(*offer)->picture.taken()) continue;
        take(**offer);
        return true;
    }
    return false;
}

void SurfaceBuffers::withdraw_offers() {
    take_mapped();
    offer_.reset();
    replaced_.reset();
}

}  // namespace hvfbd
