#include "vnc/damage.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace vnc {

namespace {

// The smallest rectangle that has both in it.
hvfb_rect around(const hvfb_rect& one, const hvfb_rect& other) {
    const std::uint32_t left = std::min(one.x, other.x), top = std::min(one.y, other.y);
    const std::uint32_t right = std::max(one.x + one.width, other.x + other.width);
    const std::uint32_t bottom = std::max(one.y + one.height, other.y + other.height);
    return {left, top, right - left, bottom - top};
}

}  // namespace

void Damage::add(std::span<const hvfb_rect> rects) {
    for (const hvfb_rect& rect : rects) {
        if (rect.width == 0 || rect.height == 0) continue;
        if (rects_.size() == most) {
            hvfb_rect box = rects_.front();
            for (const hvfb_rect& one : rects_) box = around(box, one);
            rects_.assign(1, box);
        }
        rects_.push_back(rect);
    }
}

std::vector<hvfb_rect> Damage::take() {
    return std::exchange(rects_, {});
}

}  // namespace vnc
