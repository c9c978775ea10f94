#include <cerrno>
#include <cstdlib>
#include <utility>

#include "surface.h"

// The two ways in which a surface gets another buffer.
extern "C" {

int hvfb_surface_configure(hvfb_surface* surface) {
    if (const int result = surface->check(); result < 0) return result;
    if (!surface->tracker.offered()) return -EAGAIN;
    {
        const hvfb::ForkLock lock;
        if (!surface->tracker.stop()) {
            surface->give_up(-EIO);
            return -ENOTCONN;
        }
    }
    // Without the lock: it calls the program's function, which may wait for a thread that forks.
    auto& offer = surface->tracker.offer();
    const std::uint64_t serial = offer.serial;
    hvfb::Mapping fresh;
    // The thread may have dropped it while it was being stopped.
    const int mapped = surface->tracker.offered() ? hvfb::Mapping::map(std::move(offer.buffer), offer.layout,
                                                                       fresh, surface->options.place())
                                                  : -EAGAIN;
    const hvfb::ForkLock lock;
    hvfb::Mapping old;
    // What there was no memory for may be taken later; what is no good never will be.
    if (mapped >= 0 || mapped == -EPROTO || mapped == -EOVERFLOW) surface->tracker.forget_offer();
    if (mapped >= 0) {
        // The daemon copied when it offered: what was drawn since is in the old buffer only.
        fresh.copy_picture(surface->pixels);
        old = std::exchange(surface->pixels, std::move(fresh));
    }
    const int started = surface->tracker.start(surface->pixels.memory(), false);
    if (started < 0) surface->give_up(started);
    if (mapped < 0 || started < 0) return mapped < 0 ? mapped : started;
    return surface->outbox.configured(serial);
}

int hvfb_surface_reconnect(hvfb_surface* surface) {
    if (surface->forked()) return -ECHILD;
    if (!surface->notices.over()) return -EISCONN;
    hvfb::Opened opened;
    hvfb::Mapping fresh;
    if (const int result = surface->connect(surface->options, -1, opened); result < 0) {
        surface->notices.note(result, opened.why);
        return surface->notices.over() ? result : 0;
    }
    // In the same layout it takes the place of the memory that the program has.
    const bool same = opened.layout == surface->pixels.layout();
    const int mapped = hvfb::Mapping::map(std::move(opened.buffer), opened.layout, fresh,
                                          same ? hvfb::Place() : surface->options.place());
    if (mapped < 0) return mapped;

    const hvfb::ForkLock lock;
    if (!surface->tracker.stop()) return -ENOTCONN;
    if (!surface->notices.over()) {
        // The library's thread was faster.
        const int started = surface->tracker.start(surface->pixels.memory(), false);
        if (started < 0) surface->give_up(started);
        return started;
    }
    surface->tracker.forget_offer();
    fresh.copy_picture(surface->pixels);
    if (!surface->options.untracked()) {
        // What was lost may be there now; what there is stays, though it could not be had again.
        const hvfb::Capabilities capabilities = surface->tracker.capabilities();
        if (!capabilities.announce && !capabilities.scan)
            surface->tracker.acquire(secure_getenv("HVFB_FEATURES"));
    }
    // Other threads may send damage at any time: they find a channel on which HELLO was sent, under the
    // number that they know, before they are told that there is one, and what they say then is not forgotten.
    const hvfb::Channel next(std::move(opened.channel));
    int result = surface->greet(next);
    if (result >= 0) result = surface->channel.replace(next);
    if (result < 0) {
        // All is as before: the thread finds that the daemon is gone, and waits for one.
        if (const int started = surface->tracker.start(surface->pixels.memory(), false); started < 0)
            surface->give_up(started);
        return result;
    }
    const int replaced = same ? fresh.replace(surface->pixels) : -EINVAL;
    const bool in_place = replaced == 0;
    if (same && !in_place && surface->pixels.placed()) {
        // The program's memory, and no other.
        surface->pixels.become_private();
        surface->give_up(replaced);
        return replaced;
    }
    surface->pixels = std::move(fresh);
    surface->outbox.forget();
    surface->notices.begin_again();
    if (result = surface->begin(); result < 0) {
        surface->give_up(result);
        return result;
    }
    // What was asked of the daemon that is gone is asked of this one.
    const std::uint64_t requested = surface->requested_frame.load();
    if (requested > surface->notices.answered()) surface->outbox.frame(requested);
    return in_place ? 0 : 1;
}

}  // extern "C"
