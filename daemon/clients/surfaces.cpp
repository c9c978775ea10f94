#include "clients/surfaces.h"

#include <algorithm>

#include "base/error.h"

namespace hvfbd {

Surfaces::Opened Surfaces::open(const SurfaceOptions& options, Client client, const Layout& layout, Time now,
                                const Elsewhere& elsewhere) {
    check_layout(options, client, layout);
    auto saved = std::ranges::find_if(peers_, [&](const auto& surface) {
        return surface->keep() && surface->uid() == client.uid && surface->name() == options.name;
    });
    if (saved != peers_.end()) {
        Surface& surface = **saved;
        // Of one that died a moment ago, and was not reaped yet, the next may take the place.
        if (surface.client() && surface.over().empty())
            throw RequestError(RequestError::Kind::busy,
                               "the kept surface \"" + options.name +
                                   "\" has a client; close that one, or use another name");
        auto [buffer, channel] = surface.adopt(options, std::move(client), layout, now);
        raise(saved);
        observer_.surface_client_changed(surface.number(), surface.name(), "a client came back to it");
        return {surface.number(), std::move(buffer), std::move(channel), surface.shadow().layout()};
    }

    bool full = count_of(client.uid) + elsewhere.count >= most_per_user;
    const Surface* oldest = full ? longest_idle(client.uid) : nullptr;
    bool older_elsewhere = full && elsewhere.idle_since &&
                           (!oldest || *elsewhere.idle_since < oldest->idle_since().value_or(now));
    if (full && !oldest && !older_elsewhere)
        throw RequestError(
            RequestError::Kind::busy,
            "this user has " + std::to_string(most_per_user) +
                " surfaces open, the most there may be, and all have a client; close one first");

    auto surface = std::make_unique<Surface>(loop_, last_number() + 1, options, std::move(client), layout);
    auto [buffer, channel] = surface->take_handles();
    SurfaceNumber number = surface->number();
    Layout layout_of_buffer = surface->shadow().layout();
    PeerList::open(std::move(surface), top_of(options.layer, peers_.end()), [&](const Surface& added) {
        observer_.surface_opened(number, added.name(), *added.client());
        if (oldest && !older_elsewhere) give_way(oldest->number());
    });
    return {number, std::move(buffer), std::move(channel), layout_of_buffer, older_elsewhere};
}

void Surfaces::give_way(SurfaceNumber number) {
    close(number,
          "it had no client, and gave way to a new one: its user had " + std::to_string(most_per_user));
}

const Surface* Surfaces::longest_idle(uid_t user) const {
    const Surface* longest = nullptr;
    for (const auto& surface : peers_) {
        // One whose client has just gone is the last to give way.
        bool idle = surface->keep() && (!surface->client() || !surface->over().empty());
        if (!idle || surface->uid() != user) continue;
        auto rank = [](const Surface& one) {
            return std::pair(one.idle_since().value_or(Time::max()), one.number());
        };
        if (!longest || rank(*surface) < rank(*longest)) longest = surface.get();
    }
    return longest;
}

void Surfaces::check_layout(const SurfaceOptions& options, const Client& client, const Layout& layout) const {
    if (!options.layout || *options.layout == layout) return;
    std::size_t bytes = options.layout->size;
    for (const auto& surface : peers_)
        if (surface->uid() == client.uid && surface->shadow().layout() != layout)
            bytes += surface->shadow().layout().size;
    if (bytes > most_of_other_layouts)
        throw RequestError(
            RequestError::Kind::busy,
            "this user has surfaces of other modes than the display's, and one more would take " +
                std::to_string(bytes >> 20) + " MiB together; at most " +
                std::to_string(most_of_other_layouts >> 20) +
                " are allowed: close one, let it take the display's mode, or ask for no layout");
}

void Surfaces::restore(const SavedSurface& saved, RestoredDescriptors& restored, std::uint64_t first_serial) {
    auto surface = std::make_unique<Surface>(loop_, saved, restored, first_serial);
    auto top = top_of(surface->layer(), peers_.end());
    peers_.insert(top, std::move(surface));
}

Surfaces::Peers::iterator Surfaces::top_of(Layer layer, Peers::iterator end) {
    return std::find_if(peers_.begin(), end, [&](const auto& surface) { return surface->layer() > layer; });
}

// Its layer may be another one than it was, and its place then anywhere.
void Surfaces::raise(Peers::iterator at) {
    std::rotate(at, at + 1, peers_.end());
    auto raised = peers_.end() - 1;
    std::rotate(top_of((*raised)->layer(), raised), raised, peers_.end());
}

void Surfaces::activate(SurfaceNumber number) {
    auto at = position(number);
    if ((*at)->layer() < active()->layer()) {
        const std::string above = std::to_string(active()->number());
        throw RequestError(RequestError::Kind::busy,
                           "surface" + std::to_string(number) +
                               " is of layer background, and shows when no surface of layer normal is "
                               "left; surface" +
                               above + " is one: hvfbctl close " + above);
    }
    raise(at);
}

void Surfaces::close(SurfaceNumber number, std::string_view why) {
    PeerList::close(position(number), why);
}

}  // namespace hvfbd
