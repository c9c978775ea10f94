#include "damage/reduce.h"

#include <gtest/gtest.h>

#include <random>

namespace hvfbd {
namespace {

void expect_covers(const Region& region, std::span<const Rectangle> rectangles) {
    Region left = region;
    left -= Region(rectangles);
    EXPECT_TRUE(left.empty());
    for (const Rectangle& r : rectangles) EXPECT_EQ(intersection(r, region.extents()), r);
}

TEST(Reduce, leaves_few_rectangles_as_they_are) {
    std::vector<Rectangle> rectangles;
    Region region(Rectangle{1, 2, 3, 4});
    region |= Rectangle{10, 20, 30, 40};
    reduce(region, 16, rectangles);
    EXPECT_EQ(Region(rectangles), region);
    reduce(Region(), 16, rectangles);
    EXPECT_TRUE(rectangles.empty());
}

TEST(Reduce, merges_the_pair_that_adds_the_least) {
    std::vector<Rectangle> rectangles;
    Region region(Rectangle{0, 0, 10, 10});
    region |= Rectangle{12, 0, 22, 10};
    region |= Rectangle{500, 500, 510, 510};
    reduce(region, 2, rectangles);
    EXPECT_EQ(rectangles, (std::vector<Rectangle>{{0, 0, 22, 10}, {500, 500, 510, 510}}));
}

TEST(Condense, leaves_what_is_not_too_much_as_it_is) {
    std::vector<Rectangle> spans, room;
    for (int i = 0; i < static_cast<int>(most_spans); ++i)
        spans.push_back({i % 64, i / 64, i % 64 + 1, i / 64 + 1});
    EXPECT_EQ(condense(spans, room).data(), spans.data());
    EXPECT_TRUE(condense({}, room).empty());
}

TEST(Condense, of_too_much_makes_one_a_row_that_covers_it) {
    std::mt19937 random(5);
    std::vector<Rectangle> spans, room;
    for (int y = 10; y < 60; ++y)
        for (int x = static_cast<int>(random() % 9); x < 990; x += 2 + static_cast<int>(random() % 8))
            spans.push_back({x, y, x + 1, y + 1});
    ASSERT_GT(spans.size(), most_spans);
    auto condensed = condense(spans, room);
    EXPECT_EQ(condensed.size(), 50u);
    expect_covers(Region(spans), condensed);
}

TEST(Reduce, to_one_is_the_bounding_box) {
    std::vector<Rectangle> rectangles;
    Region region(Rectangle{0, 0, 1, 1});
    region |= Rectangle{99, 99, 100, 100};
    reduce(region, 1, rectangles);
    EXPECT_EQ(rectangles, (std::vector<Rectangle>{{0, 0, 100, 100}}));
}

TEST(Reduce, covers_whatever_it_is_given_and_keeps_its_number) {
    std::mt19937 random(9);
    for (int round = 0; round < 100; ++round) {
        std::vector<Rectangle> pieces;
        unsigned count = 1 + random() % 400;
        for (unsigned i = 0; i < count; ++i) {
            auto x = static_cast<int>(random() % 1900), y = static_cast<int>(random() % 1000);
            pieces.push_back(
                {x, y, x + 1 + static_cast<int>(random() % 30), y + 1 + static_cast<int>(random() % 5)});
        }
        Region region(pieces);
        std::vector<Rectangle> rectangles;
        std::size_t most = 1 + random() % 32;
        reduce(region, most, rectangles);
        EXPECT_LE(rectangles.size(), most);
        expect_covers(region, rectangles);
    }
}

TEST(Reduce, ends_for_a_checkerboard_of_single_pixels) {
    std::vector<Rectangle> pixels;
    for (int y = 0; y < 300; ++y)
        for (int x = y % 2; x < 300; x += 2) pixels.push_back({x, y, x + 1, y + 1});
    Region region(pixels);
    std::vector<Rectangle> rectangles;
    reduce(region, 16, rectangles);
    EXPECT_LE(rectangles.size(), 16u);
    expect_covers(region, rectangles);
}

}  // namespace
}  // namespace hvfbd
