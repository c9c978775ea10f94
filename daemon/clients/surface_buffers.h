#pragma once

#include <optional>
#include <vector>

#include "base/picture.h"
#include "base/stored_descriptors.h"
#include "clients/peer.h"
#include "clients/saved.h"

namespace hvfbd {

// The shadow that a surface's client draws on, and the buffers of other modes that it was offered to draw on
// instead. Which one it takes it says by CONFIGURED, but it draws there before that is read.
class SurfaceBuffers {
  public:
    // Throws std::system_error, as all that makes a buffer; then nothing has changed.
    explicit SurfaceBuffers(const Layout& layout) : shadow_(Picture::shadow(layout)) {}
    // Restores what another process of the daemon saved. Throws std::system_error if a descriptor is not
    // there, or is not what it should be.
    SurfaceBuffers(const SavedSurface& saved, RestoredDescriptors& restored, std::uint64_t first_serial);
    void save(SavedSurface& saved) const;
    void add_stored_descriptors(const SavedSurface& saved, std::vector<StoredDescriptor>& stored) const;
    // For the next client: a new buffer of the `first` layout, and an offer where that is not `offered`, both
    // with a clipped copy of the picture. New even where the layout is the same: the last client sealed the
    // old one against being mapped again.
    SurfaceBuffers copy(const Layout& first, const Layout& offered) const;

    const Picture& shadow() const { return shadow_; }
    // What the client was asked to draw with.
    const Layout& wanted_layout() const { return (offer_ ? offer_->picture : shadow_).layout(); }
    // Makes a buffer of this layout, with a clipped copy of the picture, to be offered.
    void offer(const Layout& layout);
    bool has_unsent_offer() const { return offer_ && !offer_->sent; }
    void send_offer(Peer& client) noexcept;

    // The client draws on this one from now on. False: it is none of these.
    bool take(std::uint64_t serial);
    // Takes the one that the client has mapped, whether what it said of it was read or not. False: none.
    bool take_mapped();
    // The client is gone: leaves what it drew on alone.
    void withdraw_offers();

  private:
    // By this process (`sent`), or perhaps by the one before (`restored`).
    struct Offer {
        std::uint64_t serial;
        Picture picture;
        bool sent = false, restored = false;
    };
    static std::optional<Offer> restore(const SavedOffer& saved, Descriptor buffer);
    static Picture copy_of(const Picture& picture, const Layout& layout);
    void take(Offer& offer);

    Picture shadow_;
    // Every buffer has a serial, of CONFIGURE or not: the shadow's, and the newest one's.
    std::uint64_t shadow_serial_ = 0, last_serial_ = 0;
    std::optional<Offer> offer_;
    // The one before it, which the client may have taken, or take yet, though a newer one is under way.
    std::optional<Offer> replaced_;
};

}  // namespace hvfbd
