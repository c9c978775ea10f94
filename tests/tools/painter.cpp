// Draws what its standard input says, for the tests of the tools: painter BUS NAME. Commands, a line each:
//   fill X Y WIDTH HEIGHT RRGGBB   by stores alone
//   frame                          answers "shown" or "not shown" when all of it is on the screen
//   events                         answers the HVFB_EVENT_ bits since the last time, after at most a second
//   configure                      takes the new mode and answers WIDTHxHEIGHT, after at most five seconds
// It says "ready" first, and ends with its input.
#include <hvfb/hvfb.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>

namespace {

void fill(hvfb_surface* surface, std::istream& words) {
    std::uint32_t x = 0, y = 0, width = 0, height = 0, pixel = 0;
    words >> std::dec >> x >> y >> width >> height >> std::hex >> pixel >> std::dec;
    hvfb_layout layout = {};
    hvfb_surface_layout(surface, &layout);
    auto* const pixels = static_cast<std::byte*>(hvfb_surface_pixels(surface));
    for (std::uint32_t row = y; row < std::min(y + height, layout.height); ++row)
        for (std::uint32_t column = x; column < std::min(x + width, layout.width); ++column)
            std::memcpy(pixels + std::size_t{row} * layout.stride + std::size_t{column} * 4, &pixel, 4);
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
    if (argc != 3) return 2;
    hvfb_open_options options = {};
    options.size = sizeof options;
    options.bus = argv[1];
    options.name = argv[2];
    hvfb_surface* surface = nullptr;
    if (const int error = hvfb_surface_open(&surface, &options); error < 0) {
        std::cout << "open: " << std::strerror(-error) << std::endl;
        return 1;
    }
    std::cout << "ready" << std::endl;
    for (std::string word; std::cin >> word;) {
        if (word == "fill")
            fill(surface, std::cin);
        else if (word == "frame")
            std::cout << frame(surface) << std::endl;
        else if (word == "events")
            std::cout << events(surface) << std::endl;
        else if (word == "configure")
            std::cout << configure(surface) << std::endl;
    }
    hvfb_surface_close(surface);
    return 0;
}
