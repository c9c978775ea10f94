#include "y4m.h"

#include <string_view>

namespace hvfbctl {

namespace {

struct Weights {
    int red, green, blue, offset;  // of 256
};
// Luminance 16 to 235, and two differences of colour around 128.
constexpr Weights planes[] = {{66, 129, 25, 16}, {-38, -74, 112, 128}, {112, -94, -18, 128}};

constexpr std::byte weighed(std::uint32_t pixel, const Weights& by) {
    const int red = static_cast<int>(pixel >> 16 & 0xff), green = static_cast<int>(pixel >> 8 & 0xff),
              blue = static_cast<int>(pixel & 0xff);
    return static_cast<std::byte>(((by.red * red + by.green * green + by.blue * blue + 128) >> 8) +
                                  by.offset);
}

}  // namespace

std::string y4m_header(std::uint32_t width, std::uint32_t height, unsigned rate) {
    return "YUV4MPEG2 W" + std::to_string(width) + " H" + std::to_string(height) + " F" +
           std::to_string(rate) + ":1 Ip A1:1 C444\n";
}

std::vector<std::byte> y4m_frame(const hvfbd::Picture& picture) {
    constexpr std::string_view begin = "FRAME\n";
    std::vector<std::byte> frame;
    frame.reserve(begin.size() + picture.pixels.size() * std::size(planes));
    for (const char letter : begin) frame.push_back(static_cast<std::byte>(letter));
    for (const Weights& plane : planes)
        for (const std::uint32_t pixel : picture.pixels) frame.push_back(weighed(pixel, plane));
    return frame;
}

std::uint64_t frames_due(std::uint64_t since_first, unsigned rate) {
    constexpr std::uint64_t second = 1'000'000'000;
    return since_first / second * rate + since_first % second * rate / second + 1;
}

}  // namespace hvfbctl
