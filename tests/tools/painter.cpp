// Draws what its standard input says, for the tests of the tools and in the guests: painter BUS NAME
// [DISPLAY [background]].
// Commands, a line each:
//   fill X Y WIDTH HEIGHT RRGGBB   by stores alone
//   stamp X Y RRGGBB               stores a pixel, answers nanoseconds of CLOCK_MONOTONIC just before
//   tracking                       answers how stores are noticed
//   pattern SEED                   every pixel unlike its neighbours
//   scribble COUNT SEED PAUSE      as many rectangles, with a pause of so many microseconds after each
//   reconnect                      waits for a daemon that was lost, half a minute at most; "connected"
//   frame                          answers "shown" or "not shown" when all of it is on the screen
//   events                         answers the HVFB_EVENT_ bits since the last time, after at most a second
//   error                          answers what hvfb_surface_error does
//   configure                      takes the new mode and answers WIDTHxHEIGHT, after at most five seconds
// It says "ready" first, and ends with its input.
#include <hvfb/hvfb.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <iostream>
#include <string>
#include <thread>

namespace {

struct Canvas {
    explicit Canvas(hvfb_surface* surface) : pixels(static_cast<std::byte*>(hvfb_surface_pixels(surface))) {
        hvfb_surface_layout(surface, &layout);
    }
    void set(std::uint32_t x, std::uint32_t y, std::uint32_t pixel) const {
        std::memcpy(pixels + std::size_t{y} * layout.stride + std::size_t{x} * 4, &pixel, 4);
    }
    void fill(hvfb_rect at, std::uint32_t pixel) const {
        for (std::uint32_t y = at.y; y < std::min(at.y + at.height, layout.height); ++y)
            for (std::uint32_t x = at.x; x < std::min(at.x + at.width, layout.width); ++x) set(x, y, pixel);
    }
    std::byte* pixels;
    hvfb_layout layout = {};
};

void fill(hvfb_surface* surface, std::istream& words) {
    hvfb_rect at = {};
    std::uint32_t pixel = 0;
    words >> std::dec >> at.x >> at.y >> at.width >> at.height >> std::hex >> pixel >> std::dec;
    Canvas(surface).fill(at, pixel);
}

std::int64_t stamp(hvfb_surface* surface, std::istream& words) {
    std::uint32_t x = 0, y = 0, pixel = 0;
    words >> std::dec >> x >> y >> std::hex >> pixel >> std::dec;
    const Canvas canvas(surface);
    const auto before = std::chrono::steady_clock::now().time_since_epoch();
    canvas.set(x, y, pixel);
    return std::chrono::nanoseconds(before).count();
}

void pattern(hvfb_surface* surface, std::uint32_t seed) {
    const Canvas canvas(surface);
    for (std::uint32_t y = 0; y < canvas.layout.height; ++y)
        for (std::uint32_t x = 0; x < canvas.layout.width; ++x)
            canvas.set(x, y,
                       ((x * 7 + y * 3 + seed) & 255) << 16 | ((x ^ y) & 255) << 8 |
                           ((x + y * 5 + seed * 11) & 255));
}

void scribble(hvfb_surface* surface, std::uint32_t count, std::uint32_t seed,
              std::chrono::microseconds pause) {
    const Canvas canvas(surface);
    std::uint32_t state = seed;
    auto next = [&state] {
        state = state * 1664525 + 1013904223;
        return state >> 8;
    };
    for (std::uint32_t number = 0; number < count; ++number) {
        hvfb_rect at = {};
        at.x = next() % canvas.layout.width;
        at.y = next() % canvas.layout.height;
        at.width = 1 + next() % 100;
        at.height = 1 + next() % 100;
        canvas.fill(at, next());
        std::this_thread::sleep_for(pause);
    }
}

std::string reconnect(hvfb_surface* surface) {
    int result = hvfb_surface_reconnect(surface);
    for (int tries = 0; result < 0 && result != -EISCONN && tries < 300; ++tries) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        result = hvfb_surface_reconnect(surface);
    }
    return result >= 0 || result == -EISCONN ? "connected" : std::strerror(-result);
}

const char* frame(hvfb_surface* surface) {
    std::uint64_t number = 0;
    hvfb_presentation presented = {};
    if (hvfb_surface_request_frame(surface, &number) < 0) return "lost";
    if (hvfb_surface_wait_frame(surface, number, 5'000'000, &presented) < 0) return "not answered";
    return presented.shown != 0 ? "shown" : "not shown";
}

int events(hvfb_surface* surface) {
    pollfd waiting = {hvfb_surface_fd(surface), POLLIN, 0};
    poll(&waiting, 1, 1000);
    return hvfb_surface_dispatch(surface);
}

std::string configure(hvfb_surface* surface) {
    pollfd waiting = {hvfb_surface_fd(surface), POLLIN, 0};
    int result = hvfb_surface_configure(surface);
    for (int tries = 0; result == -EAGAIN && tries < 50; ++tries) {
        hvfb_surface_dispatch(surface);
        poll(&waiting, 1, 100);
        result = hvfb_surface_configure(surface);
    }
    if (result < 0) return std::strerror(-result);
    hvfb_layout layout = {};
    hvfb_surface_layout(surface, &layout);
    return std::to_string(layout.width) + "x" + std::to_string(layout.height);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3 || argc > 5) return 2;
    hvfb_open_options options = {};
    options.size = sizeof options;
    options.bus = argv[1];
    options.name = argv[2];
    options.display = argc > 3 ? argv[3] : nullptr;
    options.flags = argc > 4 ? HVFB_OPEN_BACKGROUND : 0;
    hvfb_surface* surface = nullptr;
    if (const int error = hvfb_surface_open(&surface, &options); error < 0) {
        std::cout << "open: " << std::strerror(-error) << std::endl;
        return 1;
    }
    std::cout << "ready" << std::endl;
    for (std::string word; std::cin >> word;) {
        std::uint32_t count = 0, seed = 0, pause = 0;
        if (word == "fill")
            fill(surface, std::cin);
        else if (word == "stamp")
            std::cout << stamp(surface, std::cin) << std::endl;
        else if (word == "tracking")
            std::cout << hvfb_surface_tracking(surface) << std::endl;
        else if (word == "pattern" && std::cin >> seed)
            pattern(surface, seed);
        else if (word == "scribble" && std::cin >> count >> seed >> pause)
            scribble(surface, count, seed, std::chrono::microseconds(pause));
        else if (word == "reconnect")
            std::cout << reconnect(surface) << std::endl;
        else if (word == "frame")
            std::cout << frame(surface) << std::endl;
        else if (word == "events")
            std::cout << events(surface) << std::endl;
        else if (word == "error")
            std::cout << hvfb_surface_error(surface) << std::endl;
        else if (word == "configure")
            std::cout << configure(surface) << std::endl;
    }
    hvfb_surface_close(surface);
    return 0;
}
