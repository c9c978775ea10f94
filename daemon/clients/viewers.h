#pragma once

#include "clients/peer_list.h"
#include "clients/viewer.h"

namespace hvfbd {

// The viewers of a display.
class Viewers : public PeerList<Viewer> {
  public:
    static constexpr std::size_t most_per_user = 8;  // on all displays together

    struct Opened {
        unsigned number;
        Descriptor front;    // read-only, and sealed against being mapped for writing
        Descriptor channel;  // the viewer's end
        Layout layout;
    };

    Viewers(EventLoop& loop, Observer& observer) : PeerList(loop, observer) {}

    // Throws RequestError (busy). `elsewhere`: how many this user has on other displays.
    Opened open(Client client, const Picture& front, std::size_t elsewhere = 0) {
        if (count_of(client.uid) + elsewhere >= most_per_user)
            throw RequestError(RequestError::Kind::busy,
                               "this user has " + std::to_string(most_per_user) +
                                   " viewers open, the most there may be; close one first");
        auto viewer = std::make_unique<Viewer>(loop_, last_number() + 1, std::move(client));
        Opened opened{viewer->number(), duplicate(front.memfd()), viewer->take_peer_end(), front.layout()};
        PeerList::open(std::move(viewer), peers_.end(), [this](const Viewer& added) {
            observer_.viewer_opened(added.number(), added.client());
        });
        return opened;
    }
    // One that another process of the daemon saved, which gets the front of this one. Throws
    // std::system_error.
    void restore(const SavedViewer& saved, RestoredDescriptors& restored, std::uint64_t first_serial) {
        peers_.push_back(std::make_unique<Viewer>(loop_, saved, restored, first_serial));
        peers_.back()->expect_front();
    }
    // See Viewer.
    void current(const Picture& front, std::uint64_t frame, Time compared) {
        for (auto& viewer : peers_) viewer->current(front, frame, compared);
    }
    void changed(const Picture& front, const Region& region, std::uint64_t frame, Time presented) {
        for (auto& viewer : peers_) viewer->changed(front, region, frame, presented);
    }
    void expect_front() {
        for (auto& viewer : peers_) viewer->expect_front();
    }
};

}  // namespace hvfbd
