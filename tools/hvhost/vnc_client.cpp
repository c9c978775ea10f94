#include "hvhost/vnc_client.h"

#include <algorithm>

namespace hvhost {

namespace {

constexpr std::int64_t tile = 16;

std::int64_t tiles_of(std::uint32_t pixels) {
    return (std::int64_t{pixels} + tile - 1) / tile;
}

}  // namespace

void VncClient::resize(std::uint32_t width, std::uint32_t height, Time now) {
    if (width == width_ && height == height_) return;
    width_ = width;
    height_ = height;
    tiles_.assign(static_cast<std::size_t>(tiles_of(width) * tiles_of(height)), false);
    resized_ = true;
    expect_look(now);
}

void VncClient::dirt(const std::vector<wire::DirtRect>& rectangles, Time now) {
    tick(now);
    expect_look(now);
    if (queued_.size() < queue)
        queued_.push_back(rectangles);
    else
        missed_ = true;
}

// The server looks by its own clock, whatever the guest does.
void VncClient::expect_look(Time now) {
    if (look_at_) return;
    look_at_ = Time(now.time_since_epoch() / period * period) + period;
}

void VncClient::tick(Time now) {
    if (!look_at_ || now < *look_at_) return;
    look_at_.reset();
    for (const auto& rectangles : queued_)
        for (const wire::DirtRect& rectangle : rectangles) mark(rectangle);
    queued_.clear();
    std::uint64_t marked = take_marked();
    repaints_ += missed_ && !resized_ ? 1 : 0;
    pixels_ += missed_ || resized_ ? std::uint64_t{width_} * height_ : marked;
    missed_ = resized_ = false;
}

void VncClient::mark(const wire::DirtRect& r) {
    auto width = static_cast<std::int64_t>(width_), height = static_cast<std::int64_t>(height_);
    std::int64_t left = std::clamp<std::int64_t>(r.x1, 0, width),
                 right = std::clamp<std::int64_t>(r.x2, 0, width);
    std::int64_t top = std::clamp<std::int64_t>(r.y1, 0, height);
    std::int64_t bottom = std::clamp<std::int64_t>(r.y2, 0, height);
    if (left >= right || top >= bottom) return;
    for (std::int64_t y = top / tile; y <= (bottom - 1) / tile; ++y)
        for (std::int64_t x = left / tile; x <= (right - 1) / tile; ++x)
            tiles_[static_cast<std::size_t>(y * tiles_of(width_) + x)] = true;
}

std::uint64_t VncClient::take_marked() {
    std::int64_t pixels = 0;
    for (std::int64_t y = 0; y < tiles_of(height_); ++y)
        for (std::int64_t x = 0; x < tiles_of(width_); ++x)
            if (tiles_[static_cast<std::size_t>(y * tiles_of(width_) + x)])
                pixels += std::min(tile, width_ - x * tile) * std::min(tile, height_ - y * tile);
    std::fill(tiles_.begin(), tiles_.end(), false);
    return static_cast<std::uint64_t>(pixels);
}

}  // namespace hvhost
