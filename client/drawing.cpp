#include <algorithm>
#include <cerrno>
#include <cstring>

#include "surface.h"

namespace {

// The part of the rectangle that lies on the surface; empty if none does.
hvfb_rect clip(const hvfb_rect& rect, const hvfb::Layout& layout) {
    if (rect.x >= layout.width || rect.y >= layout.height) return {};
    return {rect.x, rect.y, std::min(rect.width, layout.width - rect.x),
            std::min(rect.height, layout.height - rect.y)};
}

// The same of what a program gives: null is the whole surface.
hvfb_rect clip(const hvfb_rect* rect, const hvfb::Layout& layout) {
    return rect ? clip(*rect, layout) : hvfb_rect{0, 0, layout.width, layout.height};
}

std::uint32_t* pixel(hvfb_surface* surface, std::uint32_t x, std::uint32_t y) {
    std::byte* row = surface->pixels.address() + std::size_t{y} * surface->pixels.layout().stride;
    return reinterpret_cast<std::uint32_t*>(row) + x;
}

// The stores into a tracked surface were noticed: it sends none.
int send_damage(hvfb_surface* surface, const hvfb_rect& drawn) {
    if (!surface->options.untracked() || drawn.width == 0 || drawn.height == 0) return surface->check();
    return hvfb_surface_damage(surface, &drawn, 1);
}

}  // namespace

extern "C" {

int hvfb_surface_fill(hvfb_surface* surface, const hvfb_rect* rect, uint32_t value) {
    if (surface->forked()) return -ECHILD;
    const hvfb_rect drawn = clip(rect, surface->pixels.layout());
    for (std::uint32_t y = 0; y < drawn.height; ++y)
        std::fill_n(pixel(surface, drawn.x, drawn.y + y), drawn.width, value);
    return send_damage(surface, drawn);
}

int hvfb_surface_copy(hvfb_surface* surface, const hvfb_rect* source, uint32_t x, uint32_t y) {
    if (surface->forked()) return -ECHILD;
    const hvfb::Layout& layout = surface->pixels.layout();
    const hvfb_rect from = clip(source, layout);
    const hvfb_rect drawn = clip({x, y, from.width, from.height}, layout);
    for (std::uint32_t i = 0; i < drawn.height; ++i) {
        // Downwards the last row comes first, so that no row is overwritten before it was copied.
        const std::uint32_t row = y > from.y ? drawn.height - 1 - i : i;
        std::memmove(pixel(surface, drawn.x, drawn.y + row), pixel(surface, from.x, from.y + row),
                     std::size_t{drawn.width} * sizeof(std::uint32_t));
    }
    return send_damage(surface, drawn);
}

int hvfb_surface_blit(hvfb_surface* surface, const hvfb_rect* rect, const void* source, size_t stride) {
    if (surface->forked()) return -ECHILD;
    const hvfb_rect drawn = clip(rect, surface->pixels.layout());
    for (std::uint32_t y = 0; y < drawn.height; ++y)
        std::memcpy(pixel(surface, drawn.x, drawn.y + y), static_cast<const std::byte*>(source) + y * stride,
                    std::size_t{drawn.width} * sizeof(std::uint32_t));
    return send_damage(surface, drawn);
}

}  // extern "C"
