#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "surface.h"

namespace {

// At its limits now, which it may not be later.
bool may_pass(int error) {
    return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -EAGAIN;
}

}  // namespace

// The surface opened again by the library's thread, while the program draws on.
bool hvfb_surface::come_back() {
    constexpr int shortest_pause = 1000, longest_pause = 60'000;  // milliseconds
    constexpr hvfb::Nanoseconds settled = 10'000'000'000;
    // A daemon that hung it up would do so again: not at once, and ever more seldom.
    if (hvfb::monotonic_now() - came_back_at_ > settled) pause_ = 0;
    while (rest(pause_)) {
        pause_ = std::clamp(2 * pause_, shortest_pause, longest_pause);
        int there = 0;
        while ((there = await(options, outbox.get())) == 0) {
            // In this order: whoever ends the thread says so first, and wakes it then.
            if (outbox.quiet() < 0 && outbox.make_again() < 0) return false;
            if (tracker.stopping()) return false;
        }
        if (there < 0) {
            if (may_pass(there)) continue;
            return false;
        }
        hvfb::Opened opened;
        hvfb::Mapping fresh;
        // Whoever ends the thread wakes it, and does not wait for a daemon that hangs.
        if (connect(options, outbox.get(), opened) < 0) continue;
        // Another mode is the program's to take: it knows nothing of rows that lie elsewhere.
        if (!(opened.layout == pixels.layout())) return false;
        if (hvfb::Mapping::map(std::move(opened.buffer), opened.layout, fresh) < 0) continue;
        if (const int changed = pixels.change_memory(fresh); changed < 0) {
            if (may_pass(changed)) continue;
            return false;
        }
        const hvfb::Channel next(std::move(opened.channel));
        if (greet(next) < 0 || channel.replace(next) < 0) continue;
        came_back_at_ = hvfb::monotonic_now();
        return true;
    }
    return false;
}

// False: the surface is to be closed, or opened again by the program.
bool hvfb_surface::rest(int milliseconds) {
    const hvfb::Nanoseconds end = hvfb::monotonic_now() + hvfb::Nanoseconds(milliseconds) * 1'000'000;
    for (;;) {
        if (tracker.stopping()) return false;
        const hvfb::Nanoseconds now = hvfb::monotonic_now();
        if (now >= end) return true;
        pollfd woken = {.fd = outbox.get(), .events = POLLIN, .revents = 0};
        const int ready = poll(&woken, 1, static_cast<int>((end - now) / 1'000'000) + 1);
        if (ready < 0 && errno != EINTR) return false;
        if (ready > 0 && outbox.quiet() < 0 && outbox.make_again() < 0) return false;
    }
}
