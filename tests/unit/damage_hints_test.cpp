#include "clients/damage_hints.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <random>
#include <set>

namespace hvfbd {
namespace {

// The pixels that lie, wholly or in part, in these pages: worked out pixel by pixel.
std::set<std::pair<int, int>> pixels_in(const Layout& layout, std::uint64_t first, std::uint64_t count,
                                        std::size_t size = page_size()) {
    std::set<std::pair<int, int>> pixels;
    for (std::uint32_t y = 0; y < layout.height; ++y)
        for (std::uint32_t x = 0; x < layout.width; ++x) {
            std::uint64_t page = layout.offset(x, y) / size;
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

TEST(DamageHints, pages_of_any_size_hint_exactly_the_pixels_that_lie_in_them) {
    for (std::size_t size : {4096u, 16384u, 65536u})
        for (const Layout& layout : {layout_for({1000, 70}, 0, size), layout_for({300, 201}, 4096, size)}) {
            ASSERT_EQ(layout.size % size, 0u);
            std::uint64_t pages = layout.size / size;
            for (std::uint64_t first : {std::uint64_t{0}, std::uint64_t{1}, pages / 2, pages - 1, pages})
                for (std::uint64_t count : {1, 3}) {
                    DamageHints hints(layout, size);
                    hints.add_pages(first, count);
                    EXPECT_EQ(pixels_of(hints), pixels_in(layout, first, count, size))
                        << size << " " << first;
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

// A pixel in each column and row that is a multiple of these, all apart.
std::vector<Rectangle> pixels_apart(int columns, int rows, int column_step, int row_step) {
    std::vector<Rectangle> pixels;
    for (int y = 0; y < rows * row_step; y += row_step)
        for (int x = 0; x < columns * column_step; x += column_step) pixels.push_back({x, y, x + 1, y + 1});
    return pixels;
}

std::vector<Rectangle> hinted(const std::vector<Rectangle>& added, const Layout& layout) {
    DamageHints hints(layout);
    for (const Rectangle& rectangle : added) hints.add_rectangle(rectangle);
    auto rectangles = hints.rectangles();
    return {rectangles.begin(), rectangles.end()};
}

TEST(DamageHints, of_4096_pieces_are_exact_and_one_more_makes_whole_rows_of_them) {
    Layout layout = layout_for({256, 256});
    auto pixels = pixels_apart(64, 64, 4, 4);
    EXPECT_EQ(hinted(pixels, layout), pixels);
    pixels.push_back({253, 254, 254, 255});
    std::vector<Rectangle> rows;
    for (int y = 0; y < 256; y += 4) rows.push_back({0, y, 253, y + 1});
    rows.push_back({253, 254, 254, 255});
    EXPECT_EQ(hinted(pixels, layout), rows);
}

TEST(DamageHints, of_too_many_pieces_in_rows_that_touch_become_one_rectangle) {
    Layout layout = layout_for({256, 256});
    auto pixels = pixels_apart(64, 64, 4, 4);
    for (int y = 0; y < 4; ++y) pixels.push_back({200 + y * 2, 252 + y, 201 + y * 2, 253 + y});
    auto rectangles = hinted(pixels, layout);
    ASSERT_EQ(rectangles.size(), 64u);
    EXPECT_EQ(rectangles.back(), (Rectangle{0, 252, 253, 256}));
}

TEST(DamageHints, of_4096_rows_are_exact_and_of_more_become_one_rectangle) {
    Layout layout = layout_for({16, max_extent});
    auto pixels = pixels_apart(2, 4096, 4, 2);
    std::vector<Rectangle> rows;
    for (int y = 0; y < 4096 * 2; y += 2) rows.push_back({0, y, 5, y + 1});
    EXPECT_EQ(hinted(pixels, layout), rows);
    pixels.push_back({7, 9000, 8, 9001});
    EXPECT_EQ(hinted(pixels, layout), std::vector({Rectangle{0, 0, 8, 9001}}));
}

TEST(DamageHints, take_no_more_memory_the_more_is_added) {
    DamageHints hints(layout_for({64, 64}));
    auto memory = [] {
        const struct mallinfo2 all = ::mallinfo2();
        return all.uordblks + all.hblkhd;
    };
    const std::size_t before = memory();
    for (int i = 0; i < 200'000; ++i) hints.add_rectangle({i % 64, 0, i % 64 + 1, 1});
    EXPECT_LT(memory(), before + 400'000) << "of 3,200,000 bytes that were added";
    EXPECT_EQ(hints.pixels(), 64);
}

TEST(DamageHints, that_are_cleared_before_anybody_looked_are_gone) {
    DamageHints hints(layout_for({64, 64}));
    hints.add_rectangle({0, 0, 1, 1});
    hints.clear();
    EXPECT_TRUE(hints.empty());
    EXPECT_EQ(hints.pixels(), 0);
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
