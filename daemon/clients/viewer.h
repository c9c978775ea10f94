#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/picture.h"
#include "base/region.h"
#include "base/stored_descriptors.h"
#include "clients/observer.h"
#include "clients/peer.h"

namespace hvfbd {

// One who looks at front: gathers what changed since it was last told, and tells it when it asks.
class Viewer {
  public:
    Viewer(EventLoop& loop, unsigned number, Client client);
    // Goes on with one that another process of the daemon kept. Throws std::system_error if a descriptor is
    // not there.
    Viewer(EventLoop& loop, const SavedViewer& saved, RestoredDescriptors& restored,
           std::uint64_t first_serial);
    SavedViewer save() const;
    void add_stored_descriptors(std::vector<StoredDescriptor>& stored_descriptors) const;

    unsigned number() const { return number_; }
    std::string who() const { return "viewer" + std::to_string(number_); }
    const Client& client() const { return peer_.client(); }
    uid_t uid() const { return peer_.client().uid; }
    [[nodiscard]] Descriptor take_peer_end() { return peer_.take_peer_end(); }

    // Front is what clients draw now. Before the first time nothing is told: what was drawn while nobody
    // looked, or in the last moment, is not in front yet, and who takes a single picture would take an old
    // one.
    void current(const Picture& front, std::uint64_t frame, Time compared);
    // Front changed there and was presented. Told at once if the viewer waits for it.
    void changed(const Picture& front, const Region& region, std::uint64_t frame, Time presented);
    // Front is another one now, in which nothing is drawn yet: the viewer gets it with the first frame of it,
    // and keeps the last picture of the old one until then.
    void expect_front() { front_owed_ = true; }

    void close(Observer& observer, std::string_view why) { observer.viewer_closed(number_, why); }
    // No viewer stays without its client.
    bool ended() const { return !over().empty(); }
    bool client_gone(Observer& observer, std::string_view why) {
        close(observer, why);
        return false;
    }
    // See Peer.
    std::string_view over() const { return peer_.over(); }
    bool violated() const { return peer_.violated(); }
    std::uint64_t throttled() const { return peer_.throttled(); }

  private:
    static constexpr Peer::Endings endings = {"it closed the channel", "it died"};

    Channel::Receive receiver();
    std::optional<std::string_view> receive(const message::FromClient& message);
    void tell();

    unsigned number_;
    Region pending_damage_;
    message::HelloCheck hello_;
    bool started_ = false;     // current() was called
    bool waits_ = false;       // NEXT is unanswered
    bool front_owed_ = false;  // it has another front than is presented
    std::uint64_t frame_ = 0, configure_serial_ = 0;
    Time presented_{};
    Peer peer_;
};

}  // namespace hvfbd
