#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/picture.h"
#include "base/region.h"
#include "base/stored_descriptors.h"
#include "clients/observer.h"
#include "clients/peer.h"

namespace hvfbd {

// A peer that shows front: collects the damage since its last frame, and is sent it when it asks.
class Viewer : public Peer {
  public:
    static constexpr const char* kind = "viewer";

    Viewer(EventLoop& loop, unsigned number, Client client);
    // Restores one. Throws std::system_error if a descriptor is not there.
    Viewer(EventLoop& loop, const SavedViewer& saved, RestoredDescriptors& restored,
           std::uint64_t first_serial);
    SavedViewer save() const;
    void add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const;

    unsigned number() const { return number_; }
    uid_t uid() const { return client().uid; }

    // Front is what clients draw now. Before the first time nothing is sent: what was drawn while nobody
    // looked, or in the last moment, is not in front yet, and a viewer that takes a single picture would take
    // an old one.
    void current(const Picture& front, std::uint64_t frame, Time compared);
    // Front changed there and was presented. Sent at once if the viewer waits for it.
    void changed(const Picture& front, const Region& region, std::uint64_t frame, Time presented);
    // Front is another one now, in which nothing is drawn yet: the viewer gets it with the first frame of it,
    // and shows the last picture of the old one until then.
    void expect_front() { front_owed_ = true; }

    void close(Observer& observer, std::string_view why) { observer.viewer_closed(number_, why); }
    // No viewer stays without its client.
    bool ended() const { return !over().empty(); }
    bool client_gone(Observer& observer, std::string_view why) {
        close(observer, why);
        return false;
    }

  private:
    static constexpr Endings endings = {"it closed the channel", "it died"};

    std::optional<std::string_view> receive(const message::FromClient& message);
    void send_frame();

    unsigned number_;
    Region pending_damage_;
    message::HelloCheck hello_;
    bool started_ = false;     // current() was called
    bool waits_ = false;       // NEXT is unanswered
    bool front_owed_ = false;  // it has another front than is presented
    std::uint64_t frame_ = 0, configure_serial_ = 0;
    Time presented_{};
};

}  // namespace hvfbd
