#include "clients/changed_pages.h"

#include <algorithm>
#include <numeric>

namespace hvfbd {

std::vector<message::PageRange> changed_pages(const Layout& layout, std::span<const Rectangle> spans,
                                              std::size_t page) {
    std::vector<message::PageRange> ranges;
    for (const Rectangle& span : spans) {
        Rectangle inside = intersection(span, layout.rectangle());
        if (inside.empty()) continue;
        std::size_t begin =
            layout.offset(static_cast<std::uint32_t>(inside.left), static_cast<std::uint32_t>(inside.top));
        std::size_t end = begin + static_cast<std::size_t>(inside.width()) * bytes_per_pixel;
        auto first = static_cast<std::uint32_t>(begin / page);
        // mutants: a pixel is 4 bytes, so that no page has one byte alone.
        auto past = static_cast<std::uint32_t>((end + page - 1) / page);
        append({first, past - first}, ranges);
    }
    return ranges;
}

void append(message::PageRange range, std::vector<message::PageRange>& ranges) {
    if (ranges.empty() || range.first > ranges.back().first + ranges.back().count)
        ranges.push_back(range);
    else
        ranges.back().count = std::max(range.first + range.count - ranges.back().first, ranges.back().count);
}

void join_to(std::size_t most, std::vector<message::PageRange>& ranges) {
    if (ranges.size() <= most) return;  // mutants: of as many as may be, every gap stays
    auto gap_after = [&](std::size_t i) { return ranges[i + 1].first - ranges[i].first - ranges[i].count; };
    // The gaps that stay are the widest.
    std::vector<std::size_t> gaps(ranges.size() - 1);
    std::iota(gaps.begin(), gaps.end(), std::size_t{0});
    auto end_of_kept = gaps.begin() + static_cast<std::ptrdiff_t>(most - 1);
    std::nth_element(gaps.begin(), end_of_kept, gaps.end(),
                     // mutants: of gaps that are as wide any may stay.
                     [&](std::size_t a, std::size_t b) { return gap_after(a) > gap_after(b); });
    std::sort(gaps.begin(), end_of_kept);
    std::vector<message::PageRange> joined;
    std::size_t begin = 0;
    auto join = [&](std::size_t last) {
        joined.push_back(
            {ranges[begin].first, ranges[last].first + ranges[last].count - ranges[begin].first});
        begin = last + 1;
    };
    std::for_each(gaps.begin(), end_of_kept, join);
    join(ranges.size() - 1);
    ranges = std::move(joined);
}

}  // namespace hvfbd
