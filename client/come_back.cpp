// What the library's thread does when the daemon has gone, while the program draws on.
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "surface.h"

namespace {

// Milliseconds. A bus that is away without anything to hear it by is asked for more often than a daemon that
// is there and cannot.
constexpr int shortest_pause = 100, longest_pause = 60'000, longest_without_bus = 8'000,
              longest_after_change = 2'000, for_ever = -1;
// What went well for so long is not what went wrong before.
constexpr hvfb::Nanoseconds settled = 1'000'000'000;

// Changes with another process of the daemon at the earliest, or with this program. All else may pass:
// limits, memory, too many surfaces, a daemon or bus that ended meanwhile.
bool lasts(int error) {
    switch (error) {
        case -EACCES:
        case -EPERM:
        case -ENOENT:
        case -EINVAL:
        case -EOPNOTSUPP:
        case -EPROTO:
        case -EOVERFLOW:
            return true;
        default:
            return false;
    }
}

// Of this process, or of the machine.
bool limited(int error) {
    return error == -EMFILE || error == -ENFILE || error == -ENOMEM || error == -EAGAIN || error == -ENOBUFS;
}

int longer(int pause) {
    return std::clamp(2 * pause, shortest_pause, longest_pause);
}

}  // namespace

// False: the surface is to be closed, or was opened again by the program.
bool hvfb_surface::come_back() {
    // A daemon that hung it up would do so again: not at once, and ever more seldom.
    if (hvfb::monotonic_now() - came_back_at_ > settled) pause_ = 0;
    hvfb::DaemonName daemon;
    bool refused = false;
    while (rest(pause_) != Rested::stopping) {
        pause_ = longer(pause_);
        const hvfb::Nanoseconds began = hvfb::monotonic_now();
        if (!await_daemon(refused ? &daemon : nullptr)) return false;
        // Whatever there was before it came.
        if (hvfb::monotonic_now() - began > settled) pause_ = shortest_pause;
        hvfb::Sentence why;
        const int result = open_again(daemon, why);
        if (result >= 0) {
            came_back_at_ = hvfb::monotonic_now();
            return true;
        }
        if (tracker.stopping()) return false;
        notices.note(result, why);
        refused = lasts(result);
        if (!refused) continue;
        notices.tell(HVFB_EVENT_GAVE_UP);
        // Another one is waited for.
        pause_ = 0;
    }
    return false;
}

// Opens it at the daemon that is there, with the picture and the layout that the program draws in. Says which
// one that was. 0 or a negative errno.
int hvfb_surface::open_again(hvfb::DaemonName& daemon, hvfb::Sentence& why) {
    hvfb::Opened opened;
    hvfb::Mapping fresh;
    opened.layout = pixels.layout();
    // Whoever ends the thread wakes it, and does not wait for a daemon that hangs.
    const int connected = connect(options, outbox.get(), opened);
    daemon = opened.daemon;
    why = opened.why;
    if (connected < 0) return connected;
    // The program knows nothing of rows that lie elsewhere.
    if (!(opened.layout == pixels.layout())) return -EOPNOTSUPP;
    // Wherever there is room: it takes the place of the memory that the program has.
    if (const int mapped = hvfb::Mapping::map(std::move(opened.buffer), opened.layout, fresh); mapped < 0)
        return mapped;
    if (const int changed = pixels.change_memory(fresh); changed < 0) return changed;
    const hvfb::Channel next(std::move(opened.channel));
    if (greet(next) < 0) return -ECONNRESET;
    return channel.replace(next);
}

// False: the thread is to end.
bool hvfb_surface::await_daemon(const hvfb::DaemonName* refused) {
    hvfb::BusWatch watch;
    int pause = 0;
    // The error of the last attempt says nothing any more. A final refusal remains, as HVFB_EVENT_GAVE_UP
    // said it.
    const auto note = [](void* surface) { static_cast<hvfb_surface*>(surface)->notices.note(-EHOSTUNREACH); };
    const auto keep = [](void*) {};
    const hvfb::Absence absence = refused ? hvfb::Absence{keep, nullptr} : hvfb::Absence{note, this};
    for (;;) {
        const int there = await(options, outbox.get(), refused, absence);
        if (there > 0) return true;
        if (there == 0) {
            // In this order: whoever ends the thread says so first, and wakes it then.
            if (outbox.quiet() <= 0 && outbox.make_again() < 0) return false;
            if (tracker.stopping()) return false;
            continue;
        }
        notices.note(there);
        if (limited(there)) {
            pause = longer(pause);
        } else if (!watch) {
            // Asked once more when it is heard, for it may have come before that.
            pause = watch.begin(options.bus()) ? 0 : std::min(longer(pause), longest_without_bus);
        } else {
            // A socket that is not there comes with its file; one that nobody listens to any more, too, but
            // its bus may be about to listen.
            const bool away = there == -ENOENT || (there == -ECONNREFUSED && pause >= longest_after_change);
            pause = away ? for_ever : std::min(longer(pause), longest_without_bus);
        }
        const Rested rested = rest(pause, &watch);
        if (rested == Rested::stopping) return false;
        if (rested == Rested::bus_changed) pause = 0;
    }
}

// Waits so long, in milliseconds, or until the bus may be there again.
hvfb_surface::Rested hvfb_surface::rest(int milliseconds, hvfb::BusWatch* watch) {
    const bool ends = milliseconds != for_ever;
    const hvfb::Nanoseconds end =
        hvfb::monotonic_now() + (ends ? hvfb::Nanoseconds(milliseconds) * 1'000'000 : 0);
    for (;;) {
        if (tracker.stopping()) return Rested::stopping;
        const hvfb::Nanoseconds now = hvfb::monotonic_now();
        if (ends && now >= end) return Rested::whole_time;
        pollfd woken[2] = {{.fd = outbox.get(), .events = POLLIN, .revents = 0},
                           {.fd = watch ? watch->get() : -1, .events = POLLIN, .revents = 0}};
        const int ready = poll(woken, 2, ends ? static_cast<int>((end - now) / 1'000'000) + 1 : -1);
        if (ready < 0 && errno != EINTR) return Rested::stopping;
        if (ready <= 0) continue;
        // Readable, and nothing is read: a filter answers so, and would again.
        if (woken[0].revents && outbox.quiet() <= 0 && outbox.make_again() < 0) return Rested::stopping;
        if (watch && woken[1].revents && watch->changed()) return Rested::bus_changed;
    }
}
