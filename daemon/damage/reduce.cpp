#include "damage/reduce.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace hvfbd {

namespace {

// The exact way looks at every pair; above this many rectangles a pass over neighbours comes first.
constexpr std::size_t exact_below = 64;
constexpr std::size_t neighbours = 32;

std::int64_t added_area(const Rectangle& a, const Rectangle& b) {
    return bounding_box(a, b).area() - a.area() - b.area();
}

// Merges each rectangle into one of the last few before it, where that adds no more than `tolerance` pixels.
// The tolerance grows until few enough are left, so there are at most as many passes as it can be quadrupled.
void merge_neighbours(std::vector<Rectangle>& rectangles) {
    std::vector<Rectangle> merged;
    for (std::int64_t tolerance = 64; rectangles.size() > exact_below; tolerance *= 4) {
        merged.clear();
        for (const Rectangle& rectangle : rectangles) {
            std::size_t from = merged.size() > neighbours ? merged.size() - neighbours : 0;
            std::int64_t least = std::numeric_limits<std::int64_t>::max();
            std::size_t best = merged.size();
            for (std::size_t i = from; i < merged.size(); ++i) {
                std::int64_t added = added_area(merged[i], rectangle);
                if (added < least) {
                    least = added;
                    best = i;
                }
            }
            if (least <= tolerance)
                merged[best] = bounding_box(merged[best], rectangle);
            else
                merged.push_back(rectangle);
        }
        rectangles.swap(merged);
    }
}

void merge_cheapest_pair(std::vector<Rectangle>& rectangles) {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::size_t first = 0, second = 1;
    for (std::size_t i = 0; i < rectangles.size(); ++i)
        for (std::size_t j = i + 1; j < rectangles.size(); ++j)
            if (std::int64_t added = added_area(rectangles[i], rectangles[j]); added < least) {
                least = added;
                first = i;
                second = j;
            }
    rectangles[first] = bounding_box(rectangles[first], rectangles[second]);
    rectangles.erase(rectangles.begin() + static_cast<std::ptrdiff_t>(second));
}

}  // namespace

void reduce(const Region& region, std::size_t most, std::vector<Rectangle>& rectangles) {
    auto all = region.rectangles();
    rectangles.assign(all.begin(), all.end());
    if (rectangles.size() <= most) return;
    if (most == 1) {
        rectangles.assign(1, region.extents());
        return;
    }
    merge_neighbours(rectangles);
    while (rectangles.size() > most) merge_cheapest_pair(rectangles);
}

std::span<const Rectangle> condense(std::span<const Rectangle> spans, std::vector<Rectangle>& room) {
    if (spans.size() <= most_spans) return spans;
    room.clear();
    for (const Rectangle& span : spans) {
        if (room.empty() || room.back().top != span.top)
            room.push_back(span);
        else
            room.back() = bounding_box(room.back(), span);
    }
    return room;
}

}  // namespace hvfbd
