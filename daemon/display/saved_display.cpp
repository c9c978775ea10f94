#include "display/saved_display.h"

namespace hvfbd {

SavedDisplay save_peers(const Surfaces& surfaces, const Viewers& viewers) {
    SavedDisplay saved;
    saved.last_surface = surfaces.last_number();
    saved.last_viewer = viewers.last_number();
    for (const Surface* surface : surfaces.all()) saved.surfaces.push_back(surface->save());
    for (const Viewer* viewer : viewers.all()) saved.viewers.push_back(viewer->save());
    return saved;
}

void restore_peers(const SavedDisplay& saved, std::uint64_t first_serial, RestoredDescriptors& restored,
                   Surfaces& surfaces, Viewers& viewers, Observer& observer) {
    surfaces.set_last_number(saved.last_surface);
    viewers.set_last_number(saved.last_viewer);
    auto attempt = [&](const char* kind, auto& peers, const auto& peer) {
        try {
            peers.restore(peer, restored, first_serial);
        } catch (const std::exception& exception) {
            observer.not_restored(kind + std::to_string(peer.number), exception.what());
        }
    };
    for (const SavedSurface& surface : saved.surfaces) attempt("surface", surfaces, surface);
    for (const SavedViewer& viewer : saved.viewers) attempt("viewer", viewers, viewer);
}

}  // namespace hvfbd
