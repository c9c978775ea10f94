#include "surface.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "allocate.h"
#include "await_daemon.h"

namespace hvfb {

int open_surface(hvfb_surface** surface, const hvfb_open_options* options, Connect connect, Await await) {
    if (!surface) return -EINVAL;
    *surface = nullptr;
    Opened opened;
    auto* made = allocate<hvfb_surface>(connect, await);
    if (!made) {
        tell_caller(options, -ENOMEM, opened.why);
        return -ENOMEM;
    }
    int result = made->options.set(options, opened.why);
    if (result >= 0) result = made->bell.make();
    if (result >= 0) result = connect(made->options, -1, opened);
    if (result >= 0)
        result = Mapping::map(std::move(opened.buffer), opened.layout, made->pixels, made->options.place());
    if (result >= 0) {
        made->channel = Channel(std::move(opened.channel));
        made->channel.out_of_the_way();
        made->options.start_no_more();
        if (!made->options.untracked()) made->tracker.acquire(secure_getenv("HVFB_FEATURES"));
        const ForkLock lock;
        result = made->greet(made->channel);
        if (result >= 0) result = made->begin();
        if (result >= 0) made->list();
    }
    tell_caller(options, result, opened.why);
    if (result < 0) {
        release(made);
        return result;
    }
    *surface = made;
    return 0;
}

}  // namespace hvfb

int hvfb_surface::check() const {
    if (forked()) return -ECHILD;
    return notices.over() ? -ENOTCONN : 0;
}

int hvfb_surface::greet(const hvfb::Channel& to) const {
    hvfb::message::Packet hello;
    hvfb::message::encode_hello(hello, tracker.capabilities(), tracker.wants_grant());
    return to.send(hello) < 0 ? -EPROTO : 0;
}

int hvfb_surface::begin() {
    if (await)
        tracker.when_lost([](void* surface) { return static_cast<hvfb_surface*>(surface)->come_back(); },
                          this);
    return tracker.start(pixels.memory(), true);
}

void hvfb_surface::give_up(int error) {
    notices.tell_over(HVFB_EVENT_LOST | HVFB_EVENT_GAVE_UP, error);
    channel.hang_up();
}

void hvfb_surface::in_child(hvfb::ForkListed& listed) {
    auto& surface = static_cast<hvfb_surface&>(listed);
    // A child of a child: what it has is private already.
    if (surface.forked()) return;
    surface.forked_.store(true);
    // First of all: a closed channel or userfaultfd is nothing to the parent, which has its own.
    surface.tracker.abandon();
    surface.channel.close();
    surface.bell.close();
    surface.pixels.become_private();
}

extern "C" {

int hvfb_surface_open(hvfb_surface** surface, const hvfb_open_options* options) {
    return hvfb::open_surface(surface, options, hvfb::open_surface_on_bus, hvfb::await_daemon_on_bus);
}

void hvfb_surface_close(hvfb_surface* surface) {
    if (!surface) return;
    // Before anything is unmapped: a thread that waits to store goes on.
    const bool stopped = surface->tracker.stop();
    {
        const hvfb::ForkLock lock;
        surface->unlist();
        // Before somebody forks: a child has none of it until it is private.
        if (surface->pixels.placed()) surface->pixels = hvfb::Mapping();
    }
    // A thread that cannot be woken because the program has closed what wakes it sleeps on, and keeps what it
    // looks at when it wakes.
    if (stopped) {
        // Closing is not enough where a process that was forked past the C library has the channel as well.
        surface->channel.hang_up();
        hvfb::release(surface);
    } else
        surface->pixels = hvfb::Mapping();
}

void* hvfb_surface_pixels(hvfb_surface* surface) {
    return surface->pixels.address();
}

int hvfb_surface_layout(hvfb_surface* surface, hvfb_layout* layout) {
    if (surface->forked()) return -ECHILD;
    const hvfb::Layout& given = surface->pixels.layout();
    *layout = {given.width, given.height, given.stride, given.format, given.size};
    return 0;
}

const char* hvfb_surface_tracking(hvfb_surface* surface) {
    return surface->forked() ? "none" : surface->tracker.name();
}

int hvfb_surface_fd(hvfb_surface* surface) {
    return surface->forked() ? -ECHILD : surface->notices.get();
}

int hvfb_surface_dispatch(hvfb_surface* surface) {
    return surface->forked() ? -ECHILD : static_cast<int>(surface->notices.take());
}

int hvfb_surface_error(hvfb_surface* surface) {
    return surface->forked() ? -ECHILD : surface->notices.error();
}

int hvfb_surface_error_message(hvfb_surface* surface, char* message, size_t size) {
    const int error = hvfb_surface_error(surface);
    hvfb::Sentence why;
    const bool known = error != -ECHILD && surface->notices.why(error, why);
    hvfb::copy_text(error == 0 ? "" : known ? why.text() : hvfb_strerror(error), message, size);
    return error;
}

int hvfb_surface_is_shown(hvfb_surface* surface) {
    return surface->forked() ? -ECHILD : surface->notices.wait_shown();
}

}  // extern "C"
