#include "floor.h"

#include <algorithm>
#include <cstring>

namespace hvfbd::bench {

Floor::Floor(int width, int height) : copier_(width, height, Copier::Waits::after_present) {
    copier_.start([this](Copier::Shared& shared) { present(shared); });
}

void Floor::drawn(std::span<const Box> boxes) {
    if (boxes.empty()) return;
    // An earlier frame may wait for the same present.
    Copier::Shared& shared = copier_.shared();
    const std::size_t before = copier_.is_kicked() ? shared.box_count : 0;
    const std::size_t added = std::min(boxes.size(), Copier::Shared::most_boxes - before);
    std::copy_n(boxes.begin(), added, shared.boxes + before);
    shared.box_count = before + added;
    copier_.kick();
}

void Floor::present(Copier::Shared& shared) const {
    const Canvas &from = copier_.canvas(), &to = copier_.scanout();
    for (std::size_t i = 0; i < shared.box_count; ++i) {
        const Box& box = shared.boxes[i];
        shared.pixels_told += static_cast<std::uint64_t>(box.width * box.height);
        if (box.width == from.width) {
            std::memcpy(to.at(0, box.y), from.at(0, box.y),
                        std::size_t{4} * static_cast<std::size_t>(from.stride * box.height));
            continue;
        }
        for (int y = box.y; y < box.y + box.height; ++y)
            std::memcpy(to.at(box.x, y), from.at(box.x, y),
                        std::size_t{4} * static_cast<std::size_t>(box.width));
    }
}

}  // namespace hvfbd::bench
