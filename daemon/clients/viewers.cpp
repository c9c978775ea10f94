#include "clients/viewers.h"

#include "base/error.h"

namespace hvfbd {

Viewers::Opened Viewers::open(Client client, const Picture& front, std::size_t elsewhere) {
    if (count_of(client.uid) + elsewhere >= most_per_user)
        throw RequestError(RequestError::Kind::busy,
                           "this user has " + std::to_string(most_per_user) +
                               " viewers open, the most there may be; close one first");
    auto viewer = std::make_unique<Viewer>(loop_, last_number() + 1, std::move(client));
    Opened opened{viewer->number(), front.memfd().duplicate(), viewer->take_peer_end(), front.layout()};
    PeerList::open(std::move(viewer),
                   [this](const Viewer& added) { observer_.viewer_opened(added.number(), added.client()); });
    return opened;
}

void Viewers::restore(const SavedViewer& saved, RestoredDescriptors& restored, std::uint64_t first_serial) {
    peers_.push_back(std::make_unique<Viewer>(loop_, saved, restored, first_serial));
    peers_.back()->expect_front();
}

}  // namespace hvfbd
