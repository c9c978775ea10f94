#include "output/hyperv/dirt_frame.h"

#include <algorithm>

#include "output/hyperv/ring.h"
#include "output/hyperv/synthvid.h"

namespace hvfbd::hyperv {

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
    count_ = 0;
    for (std::span<const Rectangle> rest(clipped_); !rest.empty();) {
        std::size_t count = std::min(in_a_message_, rest.size());
        synthvid::encode_dirt(rest.first(count), messages_[count_++]);
        rest = rest.subspan(count);
    }
}

}  // namespace hvfbd::hyperv
