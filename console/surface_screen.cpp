#include "console/surface_screen.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <string>

namespace console {

namespace {

// The same choice as lasts() in client/come_back.cpp.
bool lasts(int result) {
    constexpr std::array errors = {EACCES, EPERM, ENOENT, EINVAL, EOPNOTSUPP, EPROTO, EOVERFLOW};
    return std::ranges::find(errors, -result) != errors.end();
}

}  // namespace

std::unique_ptr<SurfaceScreen> SurfaceScreen::open(const SurfaceOptions& options) {
    std::array<char, 256> message{};
    hvfb_open_options wanted = {};
    wanted.size = sizeof wanted;
    wanted.bus = options.bus.empty() ? nullptr : options.bus.c_str();
    wanted.display = options.display.empty() ? nullptr : options.display.c_str();
    wanted.name = options.name.c_str();
    wanted.flags = HVFB_OPEN_UNTRACKED | (options.background ? HVFB_OPEN_BACKGROUND : 0);
    wanted.message = message.data();
    wanted.message_size = message.size();
    hvfb_surface* surface = nullptr;
    const int result = hvfb_surface_open(&surface, &wanted);
    if (result == 0) return std::unique_ptr<SurfaceScreen>(new SurfaceScreen(surface));
    const std::string why =
        std::string("open a surface: ") + (message.front() != '\0' ? message.data() : hvfb_strerror(result));
    if (lasts(result)) throw std::runtime_error(why);
    throw NotNow(why);
}

SurfaceScreen::~SurfaceScreen() {
    hvfb_surface_close(surface_);
}

Screen::Events SurfaceScreen::dispatch() {
    const auto happened = static_cast<unsigned>(hvfb_surface_dispatch(surface_));
    Events events;
    events.frame_answered = (happened & HVFB_EVENT_PRESENTED) != 0;
    events.mode_changed = (happened & HVFB_EVENT_CONFIGURE) != 0;
    events.lost = (happened & HVFB_EVENT_LOST) != 0;
    events.back = (happened & HVFB_EVENT_BACK) != 0;
    events.closed = (happened & HVFB_EVENT_REVOKED) != 0;
    if ((happened & HVFB_EVENT_GAVE_UP) != 0) {
        std::array<char, 256> message{};
        hvfb_surface_error_message(surface_, message.data(), message.size());
        events.trouble = message.data();
    }
    return events;
}

Canvas SurfaceScreen::canvas() {
    hvfb_layout layout = {};
    hvfb_surface_layout(surface_, &layout);
    return {static_cast<std::uint32_t*>(hvfb_surface_pixels(surface_)),
            {layout.width, layout.height},
            layout.stride / sizeof(std::uint32_t)};
}

bool SurfaceScreen::take_mode() {
    return hvfb_surface_configure(surface_) == 0;
}

void SurfaceScreen::begin() {
    // Where the daemon has gone there is nobody to wait for the end.
    (void)hvfb_surface_begin(surface_);
}

bool SurfaceScreen::end(std::span<const hvfb_rect> drawn) {
    // Nobody is there, or the library says so by an event: everything is drawn again when somebody is back.
    if (hvfb_surface_damage(surface_, drawn.data(), drawn.size()) < 0) return false;
    return hvfb_surface_end(surface_) == 0 && hvfb_surface_request_frame(surface_, nullptr) == 0;
}

}  // namespace console
