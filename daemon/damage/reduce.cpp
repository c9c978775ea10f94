#include "damage/reduce.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace hvfbd {

namespace {

// The exact way looks at every pair; above this many rectangles a pass over neighbours comes first.
constexpr std::size_t exact_below = 64;
constexpr std::size_t neighbours = 32;
// Pixels that a merge of neighbours may add in the first pass, and how many times as many in each further
// one.
constexpr std::int64_t first_tolerance = 64, tolerance_growth = 4;

std::int64_t added_area(const Rectangle& a, const Rectangle& b) {
    return bounding_box(a, b).area() - a.area() - b.area();
}

// Merges each rectangle into one of the last few before it, where that adds no more than `tolerance` pixels.
// The tolerance grows until few enough are left, so there are at most as many passes as it can be quadrupled.
void merge_neighbours(std::vector<Rectangle>& rectangles) {
    std::vector<Rectangle> merged;
    for (std::int64_t tolerance = first_tolerance; rectangles.size() > exact_below;
         tolerance *= tolerance_growth) {
        merged.clear();
        for (const Rectangle& rectangle : rectangles) {
            Rectangle* best = nullptr;
            std::int64_t least = tolerance;
            for (Rectangle& other : std::span(merged).last(std::min(merged.size(), neighbours))) {
                std::int64_t added = added_area(other, rectangle);
                // mutants: of two that add as little either may be taken, and the tolerance is a rough one.
                if (added <= least) {
                    least = added;
                    best = &other;
                }
            }
            if (best)
                *best = bounding_box(*best, rectangle);
            else
                merged.push_back(rectangle);
        }
        rectangles.swap(merged);
    }
}

// Merges the pair that adds the least area, again and again. Of each rectangle it keeps which later one is
// the cheapest to merge with: to look at all pairs anew for each merge took a fifth of the daemon's time on a
// desktop.
class PairMerger {
  public:
    explicit PairMerger(std::vector<Rectangle>& rectangles)
        : rectangles_(rectangles), nearest_(rectangles.size()), left_(rectangles.size()) {
        for (std::size_t i = 0; i < nearest_.size(); ++i) find_nearest(i);
    }

    void merge_to(std::size_t most) {
        while (left_ > most) merge_cheapest();
        std::size_t kept = 0;
        for (std::size_t i = 0; i < nearest_.size(); ++i)
            if (!nearest_[i].gone) rectangles_[kept++] = rectangles_[i];
        rectangles_.resize(kept);
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
        std::int64_t added = added_area(rectangles_[i], rectangles_[j]);
        // mutants: of two that add as little either may be taken.
        if (added < nearest_[i].added) nearest_[i] = {j, added};
    }
    void merge_cheapest() {
        auto cheapest = std::ranges::min_element(nearest_, {}, &Nearest::added);
        auto first = static_cast<std::size_t>(cheapest - nearest_.begin());
        std::size_t second = cheapest->other;
        rectangles_[first] = bounding_box(rectangles_[first], rectangles_[second]);
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

    std::vector<Rectangle>& rectangles_;
    std::vector<Nearest> nearest_;
    std::size_t left_;
};

}  // namespace

void reduce(const Region& region, std::size_t most, std::vector<Rectangle>& rectangles) {
    auto all = region.rectangles();
    rectangles.assign(all.begin(), all.end());
    if (rectangles.size() <= most) return;
    // mutants: to merge them one by one ends with the same, later.
    if (most == 1) rectangles.assign(1, region.extents());
    merge_neighbours(rectangles);
    PairMerger(rectangles).merge_to(most);
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
