#include "damage/reduce.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/host_tile.h"

namespace hvfbd {

namespace {

// The exact way looks at every pair; above this many rectangles a pass over neighbours comes first.
constexpr std::size_t exact_below = 32;
constexpr std::size_t neighbours = 16;
// What a merge of neighbours may add to the price in the first pass, and how many times as much in each
// further one.
constexpr std::int64_t first_tolerance = 64, tolerance_growth = 4;

// What it costs who shows it, in pixels: its own are copied or compared, and those of all tiles that it
// touches are sent.
std::int64_t price_of(const Rectangle& rectangle) {
    return rectangle.area() + to_host_tiles(rectangle).area();
}

struct Priced {
    explicit Priced(const Rectangle& priced) : rectangle(priced), price(price_of(priced)) {}
    void merge(const Priced& other) { *this = Priced(bounding_box(rectangle, other.rectangle)); }

    Rectangle rectangle;
    std::int64_t price;
};

std::int64_t added_price(const Priced& a, const Priced& b) {
    return price_of(bounding_box(a.rectangle, b.rectangle)) - a.price - b.price;
}

// Merges each rectangle into one of the last few before it, where that adds no more than `tolerance` to the
// price, until `enough` are left. The tolerance grows until they are, so there are at most as many passes as
// it can be quadrupled.
void merge_neighbours(std::vector<Priced>& rectangles, std::size_t enough) {
    std::vector<Priced> merged;
    for (std::int64_t tolerance = first_tolerance; rectangles.size() > enough;
         tolerance *= tolerance_growth) {
        merged.clear();
        std::size_t left = rectangles.size();
        for (const Priced& rectangle : rectangles) {
            Priced* best = nullptr;
            std::int64_t least = tolerance;
            const std::size_t looked_at = left > enough ? std::min(merged.size(), neighbours) : 0;
            for (Priced& other : std::span(merged).last(looked_at)) {
                std::int64_t added = added_price(other, rectangle);
                // mutants: of two that add as little either may be taken, and the tolerance is a rough one.
                if (added <= least) {
                    least = added;
                    best = &other;
                }
            }
            if (best) {
                best->merge(rectangle);
                --left;
            } else {
                merged.push_back(rectangle);
            }
        }
        rectangles.swap(merged);
    }
}

// Merges the pair that adds the least to the price, again and again. Of each rectangle it keeps which later
// one is the cheapest to merge with: to look at all pairs anew for each merge took a fifth of the daemon's
// time on a desktop.
class PairMerger {
  public:
    explicit PairMerger(std::vector<Priced>& rectangles)
        : rectangles_(rectangles), nearest_(rectangles.size()), left_(rectangles.size()) {
        for (std::size_t i = 0; i < nearest_.size(); ++i) find_nearest(i);
    }

    void merge_to(std::size_t most, std::vector<Rectangle>& merged) {
        while (left_ > most) merge_cheapest();
        merged.clear();
        for (std::size_t i = 0; i < nearest_.size(); ++i)
            if (!nearest_[i].gone) merged.push_back(rectangles_[i].rectangle);
    }

  private:
    struct Nearest {
        std::size_t other;
        std::int64_t added = std::numeric_limits<std::int64_t>::max();  // no other: the last one, or gone
        bool gone = false;
    };

    void find_nearest(std::size_t i) {
        nearest_[i] = {};
        for (std::size_t j = i + 1; j < nearest_.size(); ++j)
            if (!nearest_[j].gone) consider(i, j);
    }
    void consider(std::size_t i, std::size_t j) {
        std::int64_t added = added_price(rectangles_[i], rectangles_[j]);
        // mutants: of two that add as little either may be taken.
        if (added < nearest_[i].added) nearest_[i] = {j, added};
    }
    void merge_cheapest() {
        auto cheapest = std::ranges::min_element(nearest_, {}, &Nearest::added);
        auto first = static_cast<std::size_t>(cheapest - nearest_.begin());
        std::size_t second = cheapest->other;
        rectangles_[first].merge(rectangles_[second]);
        nearest_[second] = {.other = second, .gone = true};
        --left_;
        for (std::size_t i = 0; i < nearest_.size(); ++i) {
            if (nearest_[i].gone) continue;
            if (nearest_[i].other == first || nearest_[i].other == second)
                find_nearest(i);
            else if (i < first)  // mutants: never first itself, which had second
                consider(i, first);
        }
    }

    std::vector<Priced>& rectangles_;
    std::vector<Nearest> nearest_;
    std::size_t left_;
};

}  // namespace

void reduce(const Region& region, std::size_t most, std::vector<Rectangle>& rectangles) {
    auto all = region.rectangles();
    rectangles.assign(all.begin(), all.end());
    if (rectangles.size() <= most) return;  // mutants: to merge none ends with the same, later
    if (most == 1) {
        rectangles.assign(1, region.extents());
        return;  // mutants: to merge them one by one ends with the same, later
    }
    std::vector<Priced> priced(all.begin(), all.end());
    merge_neighbours(priced, std::max(most, exact_below));
    PairMerger(priced).merge_to(most, rectangles);
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
