#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "allocate.h"
#include "viewer.h"

namespace hvfb {

int open_viewer(hvfb_viewer** viewer, const hvfb_open_options* options, Connect connect) {
    if (!viewer) return -EINVAL;
    *viewer = nullptr;
    Opened opened;
    auto* made = allocate<hvfb_viewer>();
    if (!made) {
        tell_caller(options, -ENOMEM, opened.why);
        return -ENOMEM;
    }
    int result = made->options.set(options, opened.why);
    if (result >= 0) result = connect(made->options, -1, opened);
    if (result >= 0)
        result =
            Mapping::map_front(std::move(opened.buffer), opened.layout, made->front, made->options.place());
    if (result >= 0) {
        made->channel = Channel(std::move(opened.channel));
        message::Packet hello;
        message::encode_hello(hello, {});
        result = made->channel.send(hello) < 0 ? -EPROTO : 0;
    }
    tell_caller(options, result, opened.why);
    if (result < 0) {
        release(made);
        return result;
    }
    made->ask();
    const ForkLock lock;
    made->list();
    *viewer = made;
    return 0;
}

}  // namespace hvfb

void hvfb_viewer::ask() {
    if (asked) return;
    hvfb::message::Packet packet;
    hvfb::message::encode_next(packet);
    asked = channel.send(packet) == 0;
}

int hvfb_viewer::take(hvfb::Channel::Received& received, hvfb_viewer_frame* frame) {
    if (std::holds_alternative<hvfb::message::Revoked>(received.message)) return -ENOTCONN;
    if (auto* configure = std::get_if<hvfb::message::Configure>(&received.message)) {
        hvfb::Mapping fresh;
        const int result = received.descriptor
                               ? hvfb::Mapping::map_front(std::move(received.descriptor), configure->layout,
                                                          fresh, options.place())
                               : -EMFILE;
        if (result < 0) {
            // The new front cannot be mapped: later frames would describe a picture that the viewer does not
            // have.
            over = true;
            channel.hang_up();
            return result;
        }
        hvfb::message::Packet packet;
        hvfb::message::encode_configured(packet, configure->serial);
        channel.send(packet);
        // Nothing is drawn in it yet: it is shown with its first frame, and the old one stays until then.
        const hvfb::ForkLock lock;
        next_front = std::move(fresh);
        return -EAGAIN;
    }
    if (auto* ready = std::get_if<hvfb::message::FrameReady>(&received.message)) {
        asked = false;
        // At once, so that the descriptor tells of the next one.
        ask();
        number = ready->frame;
        time = ready->time;
        count = static_cast<std::uint32_t>(ready->count);
        std::transform(ready->rectangles.begin(), ready->rectangles.begin() + count, rects.begin(),
                       [](const hvfb::Rectangle& r) {
                           return hvfb_rect{r.x, r.y, r.width, r.height};
                       });
        const bool mode_changed = next_front.address() != nullptr;
        if (mode_changed) {
            const hvfb::ForkLock lock;
            front = std::move(next_front);
            rects[0] = {0, 0, front.layout().width, front.layout().height};
            count = 1;
        }
        if (frame) *frame = {number, time, count, rects.data()};
        return mode_changed ? 1 : 0;
    }
    return -EAGAIN;
}

void hvfb_viewer::in_child(hvfb::ForkListed& listed) {
    auto& viewer = static_cast<hvfb_viewer&>(listed);
    viewer.forked = true;
    viewer.channel.close();
}

extern "C" {

int hvfb_viewer_open(hvfb_viewer** viewer, const hvfb_open_options* options) {
    return hvfb::open_viewer(viewer, options, hvfb::open_viewer_on_bus);
}

void hvfb_viewer_close(hvfb_viewer* viewer) {
    if (!viewer) return;
    {
        const hvfb::ForkLock lock;
        viewer->unlist();
    }
    // As in hvfb_surface_close.
    viewer->channel.hang_up();
    hvfb::release(viewer);
}

const void* hvfb_viewer_pixels(hvfb_viewer* viewer) {
    return viewer->front.address();
}

int hvfb_viewer_layout(hvfb_viewer* viewer, hvfb_layout* layout) {
    const hvfb::Layout& given = viewer->front.layout();
    *layout = {given.width, given.height, given.stride, given.format, given.size};
    return viewer->forked ? -ECHILD : 0;
}

int hvfb_viewer_fd(hvfb_viewer* viewer) {
    return viewer->forked ? -ECHILD : viewer->channel.get();
}

int hvfb_viewer_wait(hvfb_viewer* viewer, uint64_t timeout_us, hvfb_viewer_frame* frame) {
    if (viewer->forked) return -ECHILD;
    if (viewer->over) return -ENOTCONN;
    constexpr hvfb::Nanoseconds longest = 3'155'760'000 * hvfb::Nanoseconds{1'000'000};
    const hvfb::Nanoseconds deadline = hvfb::monotonic_now() + std::min(timeout_us, longest) * 1000;
    viewer->ask();
    // Readable, and nothing comes: a filter answers instead of the kernel.
    constexpr unsigned most_fruitless = 32;
    hvfb::Channel::Received received;
    for (unsigned fruitless = 0;;) {
        const int got = viewer->channel.receive(received);
        if (got < 0) return -ENOTCONN;
        if (got > 0) {
            if (const int result = viewer->take(received, frame); result != -EAGAIN) return result;
            fruitless = 0;
            continue;
        }
        if (fruitless > most_fruitless) {
            viewer->over = true;
            viewer->channel.hang_up();
            return -ENOTCONN;
        }
        if (hvfb::monotonic_now() >= deadline) return -ETIME;
        pollfd readable = {.fd = viewer->channel.get(), .events = POLLIN, .revents = 0};
        (void)viewer->waiting.wait(std::span(&readable, 1), deadline);
        if (viewer->waiting.impossible()) return -EIO;
        if (viewer->waiting.notices() && readable.revents) ++fruitless;
    }
}

}  // extern "C"
