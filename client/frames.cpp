#include <algorithm>
#include <array>
#include <cerrno>

#include "surface.h"

extern "C" {

int hvfb_surface_damage(hvfb_surface* surface, const hvfb_rect* rects, size_t count) {
    if (const int result = surface->check(); result < 0) return result;
    if (!rects || count == 0) return surface->outbox.damage({});
    std::array<hvfb::Rectangle, 32> some;
    for (size_t first = 0; first < count; first += some.size()) {
        const size_t part = std::min(count - first, some.size());
        std::transform(rects + first, rects + first + part, some.begin(), [](const hvfb_rect& rect) {
            return hvfb::Rectangle{rect.x, rect.y, rect.width, rect.height};
        });
        if (const int result = surface->outbox.damage(std::span(some).first(part)); result < 0) return result;
    }
    return 0;
}

int hvfb_surface_begin(hvfb_surface* surface) {
    const int result = surface->check();
    return result < 0 ? result : surface->outbox.begin();
}

int hvfb_surface_end(hvfb_surface* surface) {
    const int result = surface->check();
    return result < 0 ? result : surface->outbox.end();
}

int hvfb_surface_request_frame(hvfb_surface* surface, uint64_t* frame) {
    if (const int result = surface->check(); result < 0) return result;
    const std::uint64_t number = surface->requested_frame.load() + 1;
    if (const int result = surface->outbox.frame(number); result < 0) return result;
    surface->requested_frame.store(number);
    if (frame) *frame = number;
    return 0;
}

int hvfb_surface_wait_frame(hvfb_surface* surface, uint64_t frame, uint64_t timeout_us,
                            hvfb_presentation* presented) {
    if (surface->forked()) return -ECHILD;
    if (frame == 0 || frame > surface->requested_frame.load()) return -EINVAL;
    // Longer than a hundred years is for ever, and does not overflow.
    constexpr hvfb::Nanoseconds longest = hvfb::Nanoseconds{3'155'760'000} * 1'000'000;
    const hvfb::Nanoseconds deadline = hvfb::monotonic_now() + std::min(timeout_us, longest) * 1000;
    const auto answer = surface->notices.wait_presented(frame, deadline);
    if (!answer) return surface->notices.over() ? -ENOTCONN : -ETIME;
    if (presented) *presented = {answer->frame, answer->time, answer->shown};
    return 0;
}

}  // extern "C"
