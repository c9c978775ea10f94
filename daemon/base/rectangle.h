#pragma once

#include <algorithm>
#include <cstdint>

namespace hvfbd {

// Pixels, half-open: left <= x < right, top <= y < bottom. Empty where right <= left or bottom <= top.
struct Rectangle {
    std::int32_t left = 0, top = 0, right = 0, bottom = 0;

    bool operator==(const Rectangle&) const = default;
    bool empty() const { return right <= left || bottom <= top; }
    std::int32_t width() const { return right - left; }
    std::int32_t height() const { return bottom - top; }
    std::int64_t area() const { return empty() ? 0 : std::int64_t{width()} * height(); }
};

// The smallest rectangle that holds both; neither may be empty.
inline Rectangle bounding_box(const Rectangle& a, const Rectangle& b) {
    return {std::min(a.left, b.left), std::min(a.top, b.top), std::max(a.right, b.right),
            std::max(a.bottom, b.bottom)};
}

inline Rectangle intersection(const Rectangle& a, const Rectangle& b) {
    return {std::max(a.left, b.left), std::max(a.top, b.top), std::min(a.right, b.right),
            std::min(a.bottom, b.bottom)};
}

}  // namespace hvfbd
