#include "surfaces/changed_pages.h"

#include <algorithm>

namespace hvfbd {

std::vector<message::PageRange> changed_pages(const Layout& layout, std::span<const Rectangle> spans) {
    std::vector<message::PageRange> ranges;
    std::size_t page = page_size();
    for (const Rectangle& span : spans) {
        Rectangle inside = intersection(span, layout.rectangle());
        if (inside.empty()) continue;
        std::size_t begin =
            layout.offset(static_cast<std::uint32_t>(inside.left), static_cast<std::uint32_t>(inside.top));
        std::size_t end = begin + static_cast<std::size_t>(inside.width()) * bytes_per_pixel;
        auto first = static_cast<std::uint32_t>(begin / page);
        auto past = static_cast<std::uint32_t>((end + page - 1) / page);
        if (!ranges.empty() && first <= ranges.back().first + ranges.back().count)
            ranges.back().count = std::max(past - ranges.back().first, ranges.back().count);
        else
            ranges.push_back({first, past - first});
    }
    return ranges;
}

}  // namespace hvfbd
