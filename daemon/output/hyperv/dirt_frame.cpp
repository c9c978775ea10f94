#include "output/hyperv/dirt_frame.h"

#include <algorithm>

#include "base/host_tile.h"
#include "output/hyperv/ring.h"
#include "output/hyperv/synthvid.h"

namespace hvfbd::hyperv {

namespace {

// The box around both touches no tile that neither of them does: who shows it sends the same.
bool share_tiles(const Rectangle& a, const Rectangle& b) {
    const Rectangle tiles_of_a = to_host_tiles(a), tiles_of_b = to_host_tiles(b);
    return bounding_box(tiles_of_a, tiles_of_b).area() ==
           tiles_of_a.area() + tiles_of_b.area() - intersection(tiles_of_a, tiles_of_b).area();
}

// False: no two share all their tiles with the box around them.
bool join_two(std::vector<Rectangle>& rectangles) {
    for (auto one = rectangles.begin(); one != rectangles.end(); ++one)
        for (auto other = one + 1; other != rectangles.end(); ++other) {
            if (!share_tiles(*one, *other)) continue;
            *one = bounding_box(*one, *other);
            rectangles.erase(other);
            return true;
        }
    return false;
}

}  // namespace

DirtFrame::DirtFrame(std::size_t in_a_message)
    : wanted_(std::clamp<std::size_t>(in_a_message, 1, synthvid::most_rectangles)), in_a_message_(wanted_) {}

void DirtFrame::fit(std::size_t ring_size) {
    in_a_message_ = wanted_;
    while (in_a_message_ > 1 &&
           most_messages * OutgoingRing::packet_size(synthvid::dirt_size(in_a_message_)) >= ring_size)
        --in_a_message_;
}

void DirtFrame::set(std::span<const Rectangle> rectangles, const Rectangle& screen) {
    clipped_.clear();
    for (const Rectangle& rectangle : rectangles) {
        Rectangle inside = intersection(rectangle, screen);
        if (!inside.empty()) clipped_.push_back(inside);
    }
    if (clipped_.size() > most_rectangles()) {
        for (const Rectangle& rectangle : clipped_) clipped_[0] = bounding_box(clipped_[0], rectangle);
        clipped_.resize(1);
    }
    // With several in a message, fewer of them make no fewer messages.
    while (in_a_message_ == 1 && join_two(clipped_)) {
    }
    count_ = 0;
    for (std::span<const Rectangle> rest(clipped_); !rest.empty();) {
        std::size_t count = std::min(in_a_message_, rest.size());
        synthvid::encode_dirt(rest.first(count), messages_[count_++]);
        rest = rest.subspan(count);
    }
}

}  // namespace hvfbd::hyperv
