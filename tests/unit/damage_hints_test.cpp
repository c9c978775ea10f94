#include "clients/damage_hints.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace hvfbd {
namespace {

// The pixels that lie, wholly or in part, in these pages: worked out pixel by pixel.
std::set<std::pair<int, int>> pixels_in(const Layout& layout, std::uint64_t first, std::uint64_t count) {
    std::set<std::pair<int, int>> pixels;
    for (std::uint32_t y = 0; y < layout.height; ++y)
        for (std::uint32_t x = 0; x < layout.width; ++x) {
            std::uint64_t page = layout.offset(x, y) / page_size();
            if (page >= first && page - first < count)
                pixels.insert({static_cast<int>(x), static_cast<int>(y)});
        }
    return pixels;
}

std::set<std::pair<int, int>> pixels_of(const DamageHints& hints) {
    std::set<std::pair<int, int>> pixels;
    for (const Rectangle& r : hints.rectangles())
        for (int y = r.top; y < r.bottom; ++y)
            for (int x = r.left; x < r.right; ++x)
                EXPECT_TRUE(pixels.insert({x, y}).second) << "reported twice";
    return pixels;
}

TEST(DamageHints, pages_hint_exactly_the_pixels_that_lie_in_them_whatever_the_stride) {
    for (const Layout& layout :
         {layout_for({100, 90}), layout_for({100, 90}, 432), layout_for({1024, 16}),
          layout_for({1000, 20}, 4096), layout_for({1025, 12}, 8200), layout_for({3, 2000})}) {
        std::uint64_t pages = layout.size / page_size();
        for (std::uint64_t first = 0; first < pages; ++first)
            for (std::uint64_t count : {1, 2, 3, 100}) {
                DamageHints hints(layout);
                hints.add_pages(first, count);
                EXPECT_EQ(pixels_of(hints), pixels_in(layout, first, count));
            }
    }
}

TEST(DamageHints, are_clipped_whatever_is_added) {
    Layout layout = layout_for({64, 64});
    DamageHints hints(layout);
    hints.add_pages(~0ull, ~0ull);
    hints.add_pages(0, 0);
    hints.add_pages(4, 1);
    hints.add_rectangle({64, 0, 100, 10});
    hints.add_rectangle({10, 10, 5, 5});
    EXPECT_TRUE(hints.empty());
    hints.add_pages(0, ~0ull);
    EXPECT_EQ(hints.pixels(), 64 * 64);
    hints.clear();
    hints.add_rectangle({-5, -5, 1, 1});
    EXPECT_EQ(hints.pixels(), 1);
}

TEST(DamageHints, of_everything_stay_everything) {
    DamageHints hints(layout_for({64, 64}));
    hints.add_everything();
    hints.add_rectangle({0, 0, 1, 1});
    hints.add_pages(0, 1);
    EXPECT_TRUE(hints.everything());
    EXPECT_EQ(hints.rectangles().size(), 1u);
    hints.clear();
    EXPECT_TRUE(hints.empty());
    EXPECT_FALSE(hints.everything());
}

TEST(DamageHints, are_bounded_in_number_and_still_cover_what_was_added) {
    Layout layout = layout_for({2048, 2048});
    DamageHints hints(layout);
    std::mt19937 random(3);
    Region added;
    std::vector<Rectangle> pixels;
    for (int i = 0; i < 60000; ++i) {
        auto x = static_cast<int>(random() % 2048), y = static_cast<int>(random() % 2048);
        hints.add_rectangle({x, y, x + 1, y + 1});
        pixels.push_back({x, y, x + 1, y + 1});
    }
    EXPECT_LE(hints.rectangles().size(), 4096u);
    Region left(pixels);
    left -= Region(hints.rectangles());
    EXPECT_TRUE(left.empty());
}

TEST(DamageHints, merge_into_one_another) {
    Layout layout = layout_for({64, 64});
    DamageHints a(layout), b(layout);
    a.add_rectangle({0, 0, 2, 2});
    b.add_rectangle({10, 10, 12, 12});
    a.merge(b);
    EXPECT_EQ(a.pixels(), 8);
    b.add_everything();
    a.merge(b);
    EXPECT_TRUE(a.everything());
}

}  // namespace
}  // namespace hvfbd
