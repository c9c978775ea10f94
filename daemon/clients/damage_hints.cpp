#include "clients/damage_hints.h"

#include <algorithm>

namespace hvfbd {

constexpr std::size_t most_pieces = 4096;

void DamageHints::add_everything() {
    clear();  // mutants: everything holds what would be left
    everything_ = true;
    region_ = Region(layout_.rectangle());
}

void DamageHints::add_pages(std::uint64_t first, std::uint64_t count) {
    const std::uint64_t bytes = std::uint64_t{layout_.stride} * layout_.height;
    const std::uint64_t pages = layout_.size / page_;
    if (first >= pages || count == 0) return;
    const std::uint64_t begin = first * page_;
    const std::uint64_t end = std::min(bytes, (first + std::min(count, pages)) * page_);

    const auto width = static_cast<std::int32_t>(layout_.width);
    auto row = [&](std::uint64_t offset) { return static_cast<std::int32_t>(offset / layout_.stride); };
    auto column = [&](std::uint64_t offset) {
        return static_cast<std::int32_t>(offset % layout_.stride / bytes_per_pixel);
    };
    const std::uint64_t last_pixel = end - bytes_per_pixel;
    std::int32_t top = row(begin), left = std::min(column(begin), width);
    std::int32_t last = row(last_pixel), right = std::min(column(last_pixel) + 1, width);
    if (top == last) {
        add({left, top, right, top + 1});
        return;
    }
    add({left, top, width, top + 1});
    add({0, top + 1, width, last});
    add({0, last, right, last + 1});
}

void DamageHints::add_rectangle(Rectangle rectangle) {
    add(intersection(rectangle, layout_.rectangle()));
}

void DamageHints::add(Rectangle rectangle) {
    if (everything_ || rectangle.empty()) return;  // mutants: everything holds it; it need not be gathered
    pieces_.push_back(rectangle);
    if (pieces_.size() >= most_pieces) gather();  // mutants: one sooner or later is the same
}

void DamageHints::gather() const {
    if (pieces_.empty()) return;  // mutants: to gather nothing takes time alone
    region_ |= Region(pieces_);
    pieces_.clear();
    // A checkerboard has more pieces than are worth storing: whole rows hold them all.
    if (region_.rectangles().size() <= most_pieces) return;
    std::vector<Rectangle> bands;
    for (const Rectangle& piece : region_.rectangles()) {
        if (!bands.empty() && piece.top <= bands.back().bottom)
            bands.back() = bounding_box(bands.back(), piece);
        else
            bands.push_back(piece);
    }
    region_ = Region(bands);
    if (region_.rectangles().size() > most_pieces) region_ = Region(region_.extents());
}

void DamageHints::merge(const DamageHints& other) {
    if (other.everything_) {
        add_everything();
    } else {
        for (const Rectangle& rectangle : other.rectangles()) add_rectangle(rectangle);
    }
}

void DamageHints::clear() {
    everything_ = false;
    pieces_.clear();
    region_.clear();
}

std::int64_t DamageHints::pixels() const {
    gather();
    return region_.area();
}

std::span<const Rectangle> DamageHints::rectangles() const {
    gather();
    return region_.rectangles();
}

}  // namespace hvfbd
