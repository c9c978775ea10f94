#include "clients/viewers.h"

#include <algorithm>

#include "base/error.h"

namespace hvfbd {

std::size_t Viewers::count_of(uid_t user) const {
    return static_cast<std::size_t>(std::ranges::count_if(viewers_, [&](const auto& viewer) {
        return viewer->client().uid == user && viewer->over().empty();
    }));
}

Viewers::Opened Viewers::open(Client client, const Picture& front, std::size_t elsewhere) {
    if (count_of(client.uid) + elsewhere >= most_per_user)
        throw RequestError(RequestError::Kind::busy,
                           "this user has " + std::to_string(most_per_user) +
                               " viewers open, the most there may be; close one first");
    auto viewer = std::make_unique<Viewer>(loop_, last_number_ + 1, std::move(client));
    Opened opened{viewer->number(), front.memfd().duplicate(), viewer->take_peer_end(), front.layout()};
    viewers_.push_back(std::move(viewer));
    ++last_number_;
    try {
        observer_.viewer_opened(opened.number, viewers_.back()->client());
    } catch (...) {
        viewers_.pop_back();
        throw;
    }
    return opened;
}

void Viewers::restore(const SavedViewer& saved, RestoredDescriptors& restored, std::uint64_t first_serial) {
    viewers_.push_back(std::make_unique<Viewer>(loop_, saved, restored, first_serial));
    viewers_.back()->expect_front();
}

void Viewers::current(const Picture& front, std::uint64_t frame, Time compared) {
    for (auto& viewer : viewers_) viewer->current(front, frame, compared);
}

void Viewers::changed(const Picture& front, const Region& region, std::uint64_t frame, Time presented) {
    for (auto& viewer : viewers_) viewer->changed(front, region, frame, presented);
}

void Viewers::expect_front() {
    for (auto& viewer : viewers_) viewer->expect_front();
}

void Viewers::reap() {
    // Told first: what cannot be told is not forgotten, and told the next time.
    for (std::size_t i = 0; i < viewers_.size();) {
        const Viewer& viewer = *viewers_[i];
        if (viewer.over().empty()) {
            ++i;
            continue;
        }
        if (viewer.violated()) {
            observer_.protocol_violated("viewer" + std::to_string(viewer.number()), viewer.over());
            ++violations_;
        }
        observer_.viewer_closed(viewer.number(), viewer.over());
        viewers_.erase(viewers_.begin() + static_cast<std::ptrdiff_t>(i));
    }
}

}  // namespace hvfbd
