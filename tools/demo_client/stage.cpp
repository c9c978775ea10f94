#include "stage.h"

#include <poll.h>

#include <cstring>
#include <stdexcept>

namespace hvfbd::demo {

namespace {

constexpr std::uint64_t second = 1'000'000;  // µs

hvfb_open_options options_for(const char* bus) {
    hvfb_open_options options = {};
    options.size = sizeof options;
    options.bus = bus;
    options.name = "demo";
    return options;
}

[[noreturn]] void fail(const char* action, int error) {
    throw std::runtime_error(std::string(action) + ": " + std::strerror(-error));
}

hvfb_surface* open_surface(const hvfb_open_options& options) {
    hvfb_surface* surface = nullptr;
    if (const int error = hvfb_surface_open(&surface, &options); error < 0) fail("open a surface", error);
    return surface;
}

hvfb_viewer* open_viewer(const hvfb_open_options& options) {
    hvfb_viewer* viewer = nullptr;
    if (const int error = hvfb_viewer_open(&viewer, &options); error < 0) fail("open a viewer", error);
    return viewer;
}

Canvas canvas_of(hvfb_surface* surface) {
    hvfb_layout layout = {};
    hvfb_surface_layout(surface, &layout);
    return {hvfb_surface_pixels(surface), layout};
}

}  // namespace

Stage::Stage(const char* bus)
    : surface_(open_surface(options_for(bus))),
      viewer_(open_viewer(options_for(bus))),
      canvas_(canvas_of(surface_.get())) {}

void Stage::pause(std::chrono::milliseconds duration) {
    poll(nullptr, 0, static_cast<int>(duration.count()));
}

bool Stage::settle() {
    std::uint64_t frame = 0;
    hvfb_presentation presented = {};
    return hvfb_surface_request_frame(surface_.get(), &frame) == 0 &&
           hvfb_surface_wait_frame(surface_.get(), frame, second, &presented) == 0 && presented.shown != 0;
}

std::optional<std::chrono::nanoseconds> Stage::lone_store(int x, int y, std::uint32_t pixel) {
    // Everything up to now is presented, so that the next frame is the store's.
    hvfb_viewer_frame frame = {};
    while (hvfb_viewer_wait(viewer_.get(), 0, &frame) >= 0) {
    }
    const auto stored = std::chrono::steady_clock::now();
    canvas_.fill({x, y, 1, 1}, pixel);
    if (hvfb_viewer_wait(viewer_.get(), second, &frame) < 0) return std::nullopt;
    return std::chrono::nanoseconds(frame.time) - stored.time_since_epoch();
}

}  // namespace hvfbd::demo
