#pragma once

#include <span>
#include <vector>

#include "base/layout.h"
#include "clients/messages.h"

namespace hvfbd {

// The pages of a shadow with this layout that hold the spans (one row each, sorted top-down), as few ranges
// as that takes. Spans outside the shadow are left out. Pure.
std::vector<message::PageRange> changed_pages(const Layout& layout, std::span<const Rectangle> spans,
                                              std::size_t page = page_size());

// Adds one that begins no earlier than the last of these: as a part of that where they touch.
void append(message::PageRange range, std::vector<message::PageRange>& ranges);

// At most `most` (at least 1) ranges that hold all of these (sorted, apart): those with the smallest gaps
// become one.
void join_to(std::size_t most, std::vector<message::PageRange>& ranges);

}  // namespace hvfbd
