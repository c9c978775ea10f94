#include "hvhost/window.h"

#include <algorithm>
#include <cstring>

namespace hvhost {

void Window::resize(std::uint32_t width, std::uint32_t height, std::uint32_t pitch) {
    width_ = width;
    height_ = height;
    pitch_ = pitch;
    pixels_.assign(std::size_t{width} * height, unpainted);
}

std::uint64_t Window::paint(std::span<const std::byte> memory, std::int32_t left, std::int32_t top,
                            std::int32_t right, std::int32_t bottom) {
    left = std::max(left, 0);
    top = std::max(top, 0);
    right = std::min(right, static_cast<std::int32_t>(width_));
    bottom = std::min(bottom, static_cast<std::int32_t>(height_));
    if (right <= left || bottom <= top) return 0;
    std::size_t bytes = static_cast<std::size_t>(right - left) * 4;
    for (auto y = static_cast<std::size_t>(top); y < static_cast<std::size_t>(bottom); ++y) {
        std::size_t from = y * pitch_ + static_cast<std::size_t>(left) * 4;
        if (from + bytes > memory.size()) break;
        std::memcpy(&pixels_[y * width_ + static_cast<std::size_t>(left)], memory.data() + from, bytes);
    }
    return static_cast<std::uint64_t>(right - left) * static_cast<std::uint64_t>(bottom - top);
}

}  // namespace hvhost
