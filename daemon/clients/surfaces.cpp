#include "clients/surfaces.h"

#include <algorithm>

#include "base/error.h"

namespace hvfbd {

Surfaces::Opened Surfaces::open(const SurfaceOptions& options, Client client, const Layout& layout, Time now,
                                const Elsewhere& elsewhere) {
    check_layout(options, client, layout);
    auto saved = std::ranges::find_if(stack_, [&](const auto& surface) {
        return surface->keep() && surface->uid() == client.uid && surface->name() == options.name;
    });
    if (saved != stack_.end()) {
        Surface& surface = **saved;
        // A client that died a moment ago may not have been reaped yet; its successor must not be told
        // "busy".
        if (surface.client() && surface.over().empty())
            throw RequestError(RequestError::Kind::busy,
                               "the kept surface \"" + options.name +
                                   "\" has a client; close that one, or use another name");
        auto [buffer, channel] = surface.adopt(options, std::move(client), layout, now);
        std::rotate(saved, saved + 1, stack_.end());
        restack();
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

    auto surface = std::make_unique<Surface>(loop_, last_number_ + 1, options, std::move(client), layout);
    auto [buffer, channel] = surface->take_handles();
    SurfaceNumber number = surface->number();
    stack_.push_back(std::move(surface));
    ++last_number_;
    restack();
    try {
        observer_.surface_opened(number, stack_.back()->name(), *stack_.back()->client());
        if (oldest && !older_elsewhere) give_way(oldest->number());
    } catch (...) {
        // Not opened after all: a kept one would stay without a client.
        close(number, "it could not be put on the bus");
        throw;
    }
    return {number, std::move(buffer), std::move(channel), stack_.back()->shadow().layout(), older_elsewhere};
}

void Surfaces::give_way(SurfaceNumber number) {
    close(number,
          "it had no client, and gave way to a new one: its user had " + std::to_string(most_per_user));
}

const Surface* Surfaces::longest_idle(uid_t user) const {
    const Surface* longest = nullptr;
    for (const auto& surface : stack_) {
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
    for (const auto& surface : stack_)
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
    stack_.push_back(std::make_unique<Surface>(loop_, saved, restored, first_serial));
    restack();
}

Surfaces::Position Surfaces::position(SurfaceNumber number) {
    auto found = std::ranges::find(stack_, number, [](const auto& surface) { return surface->number(); });
    if (found == stack_.end())
        throw RequestError(RequestError::Kind::failed,
                           "there is no surface" + std::to_string(number) + " any more");
    return found;
}

void Surfaces::activate(SurfaceNumber number) {
    auto at = position(number);
    std::rotate(at, at + 1, stack_.end());
    restack();
}

void Surfaces::close(SurfaceNumber number, std::string_view why) {
    auto at = position(number);
    // Told first: what cannot be told is not half closed.
    observer_.surface_closed(number, (*at)->name(), why);
    (*at)->revoke();
    throttled_by_gone_ += (*at)->throttled();
    stack_.erase(at);
    restack();
}

void Surfaces::reap() {
    for (std::size_t i = 0; i < stack_.size();) {
        Surface& surface = *stack_[i];
        if (surface.over().empty()) {
            ++i;
            continue;
        }
        std::string why(surface.over());
        if (surface.violated()) {
            ++violations_;
            observer_.protocol_violated("surface" + std::to_string(surface.number()), why);
        }
        if (surface.keep()) {
            throttled_by_gone_ += surface.throttled();
            surface.abandon();
            observer_.surface_client_changed(surface.number(), surface.name(), why + "; its picture is kept");
            ++i;
        } else {
            close(surface.number(), why);
        }
    }
}

void Surfaces::restack() {
    for (auto& surface : stack_) surface->set_active(surface == stack_.back());
}

const Surface* Surfaces::find(SurfaceNumber number) const {
    auto found = std::ranges::find(stack_, number, [](const auto& surface) { return surface->number(); });
    return found == stack_.end() ? nullptr : found->get();
}

std::vector<const Surface*> Surfaces::all() const {
    std::vector<const Surface*> surfaces;
    for (const auto& surface : stack_) surfaces.push_back(surface.get());
    return surfaces;
}

std::size_t Surfaces::count_of(uid_t user) const {
    // Not those whose client has gone a moment ago, and that will go with it.
    return static_cast<std::size_t>(std::ranges::count_if(stack_, [&](const auto& surface) {
        return surface->uid() == user && (surface->keep() || surface->over().empty());
    }));
}

std::uint64_t Surfaces::throttled() const {
    std::uint64_t sum = throttled_by_gone_;
    for (const auto& surface : stack_) sum += surface->throttled();
    return sum;
}

}  // namespace hvfbd
