#include "clients/changed_pages.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

using Ranges = std::vector<message::PageRange>;

TEST(ChangedPages, are_the_pages_that_hold_the_spans) {
    Layout layout = layout_for({1024, 100});  // a row a page
    std::vector<Rectangle> spans{{0, 3, 1, 4}, {5, 3, 9, 4}, {1023, 4, 1024, 5}, {0, 9, 1024, 10}};
    EXPECT_EQ(changed_pages(layout, spans), (Ranges{{3, 2}, {9, 1}}));
    EXPECT_EQ(changed_pages(layout, {}), Ranges{});
}

TEST(ChangedPages, of_a_span_over_a_page_border_are_both) {
    Layout layout = layout_for({1500, 100});
    std::vector<Rectangle> spans{{1020, 0, 1030, 1}};
    EXPECT_EQ(changed_pages(layout, spans), (Ranges{{0, 2}}));
}

TEST(ChangedPages, of_any_size_hold_every_span_and_none_that_has_none) {
    for (std::size_t size : {4096u, 16384u, 65536u}) {
        Layout layout = layout_for({1500, 300}, 6100, size);
        for (int y = 0; y < 300; y += 7)
            for (const Rectangle& span :
                 {Rectangle{0, y, 1, y + 1}, Rectangle{700, y, 1500, y + 1}, Rectangle{0, y, 1500, y + 1}}) {
                std::size_t row = static_cast<std::size_t>(y) * 6100;
                std::size_t first = (row + static_cast<std::size_t>(span.left) * 4) / size;
                std::size_t last = (row + static_cast<std::size_t>(span.right) * 4 - 1) / size;
                message::PageRange range{static_cast<std::uint32_t>(first),
                                         static_cast<std::uint32_t>(last - first + 1)};
                EXPECT_EQ(changed_pages(layout, {&span, 1}, size), Ranges{range}) << size << ", " << y;
            }
    }
}

TEST(ChangedPages, leave_out_what_the_shadow_does_not_reach) {
    Layout layout = layout_for({100, 10});
    std::vector<Rectangle> spans{{100, 0, 200, 1}, {0, 10, 5, 11}};
    EXPECT_EQ(changed_pages(layout, spans), Ranges{});
}

TEST(ChangedPages, that_are_too_many_ranges_are_joined_at_the_smallest_gaps) {
    Ranges ranges{{0, 1}, {2, 1}, {10, 2}, {13, 1}, {100, 1}};
    join_to(5, ranges);
    EXPECT_EQ(ranges.size(), 5u);
    join_to(3, ranges);
    EXPECT_EQ(ranges, (Ranges{{0, 3}, {10, 4}, {100, 1}}));
    join_to(2, ranges);
    EXPECT_EQ(ranges, (Ranges{{0, 14}, {100, 1}}));
    join_to(1, ranges);
    EXPECT_EQ(ranges, (Ranges{{0, 101}}));
    join_to(5, ranges);
    EXPECT_EQ(ranges, (Ranges{{0, 101}}));
}

TEST(ChangedPages, of_one_pixel_at_the_end_of_a_page_are_that_page) {
    Layout layout = layout_for({1024, 100});
    std::vector<Rectangle> spans{{1023, 4, 1024, 5}};
    EXPECT_EQ(changed_pages(layout, spans), (Ranges{{4, 1}}));
}

TEST(ChangedPages, are_joined_at_the_gaps_between_them_however_long_they_are) {
    Ranges ranges{{0, 100}, {102, 1}, {106, 1}};
    join_to(2, ranges);
    EXPECT_EQ(ranges, (Ranges{{0, 103}, {106, 1}}));
    // Wide gaps and narrow ones in turn, many enough to be sorted.
    Ranges many, joined;
    for (std::uint32_t i = 0; i < 100; ++i) {
        many.push_back({1000 * i, 1});
        many.push_back({1000 * i + 3 + i * 37 % 100, 1});
        joined.push_back({1000 * i, 4 + i * 37 % 100});
    }
    join_to(100, many);
    EXPECT_EQ(many, joined);
}

}  // namespace
}  // namespace hvfbd
