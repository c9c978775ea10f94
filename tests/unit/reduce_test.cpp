#include "damage/reduce.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "random_words.h"

namespace hvfbd {
namespace {

void expect_covers(const Region& region, std::span<const Rectangle> rectangles) {
    Region left = region;
    left -= Region(rectangles);
    EXPECT_TRUE(left.empty());
    for (const Rectangle& r : rectangles) EXPECT_EQ(intersection(r, region.extents()), r);
}

// Rectangles of which each has rows of its own, so that a region keeps them as they are; no two merges add as
// much.
std::vector<Rectangle> staircase(std::size_t count, testing::RandomWords& random) {
    std::vector<Rectangle> rectangles;
    int y = 0;
    for (std::size_t i = 0; i < count; ++i) {
        auto x = static_cast<int>(random() % 10000), height = 1 + static_cast<int>(random() % 100);
        rectangles.push_back({x, y, x + 1 + static_cast<int>(random() % 3000), y + height});
        y += height + 1 + static_cast<int>(random() % 500);
    }
    return rectangles;
}

// What docs/decisions/0294 says, pixel by pixel of a tile's side.
std::int64_t price_of(const Rectangle& r) {
    const auto tiles = [](std::int32_t from, std::int32_t past) { return (past - 1) / 16 - from / 16 + 1; };
    return r.area() + std::int64_t{256} * tiles(r.left, r.right) * tiles(r.top, r.bottom);
}

std::int64_t price_of(std::span<const Rectangle> rectangles) {
    std::int64_t sum = 0;
    for (const Rectangle& r : rectangles) sum += price_of(r);
    return sum;
}

std::int64_t added_by_merging(const Rectangle& a, const Rectangle& b) {
    return price_of(bounding_box(a, b)) - price_of(a) - price_of(b);
}

// The least that as many boxes cost as there may be, whichever rectangles they are around: all ways are
// tried.
std::int64_t least_price(std::span<const Rectangle> rectangles, std::size_t most,
                         std::vector<Rectangle>& boxes) {
    if (rectangles.empty()) return price_of(boxes);
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (std::size_t i = 0; i < boxes.size(); ++i) {
        const Rectangle before = boxes[i];
        boxes[i] = bounding_box(before, rectangles[0]);
        least = std::min(least, least_price(rectangles.subspan(1), most, boxes));
        boxes[i] = before;
    }
    if (boxes.size() == most) return least;
    boxes.push_back(rectangles[0]);
    least = std::min(least, least_price(rectangles.subspan(1), most, boxes));
    boxes.pop_back();
    return least;
}

// As reduce() promises it, without its ways to be fast.
std::vector<Rectangle> merged_one_by_one(std::vector<Rectangle> rectangles, std::size_t most) {
    while (rectangles.size() > most) {
        std::tuple cheapest{std::numeric_limits<std::int64_t>::max(), std::size_t{0}, std::size_t{0}};
        for (std::size_t i = 0; i < rectangles.size(); ++i)
            for (std::size_t j = i + 1; j < rectangles.size(); ++j)
                cheapest = std::min(cheapest, {added_by_merging(rectangles[i], rectangles[j]), i, j});
        auto [added, i, j] = cheapest;
        rectangles[i] = bounding_box(rectangles[i], rectangles[j]);
        rectangles.erase(rectangles.begin() + static_cast<std::ptrdiff_t>(j));
    }
    return rectangles;
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

TEST(Reduce, merges_the_pair_that_adds_the_least_to_the_price) {
    std::vector<Rectangle> rectangles;
    Region region(Rectangle{0, 0, 10, 10});
    region |= Rectangle{12, 0, 22, 10};
    region |= Rectangle{500, 500, 510, 510};
    reduce(region, 2, rectangles);
    EXPECT_EQ(rectangles, (std::vector<Rectangle>{{0, 0, 22, 10}, {500, 500, 510, 510}}));
}

TEST(Reduce, merges_again_and_again_the_pair_that_adds_the_least_to_the_price) {
    testing::RandomWords random(3);
    for (int round = 0; round < 200; ++round) {
        std::size_t count = round % 2 ? 32 : 2 + random() % 30, most = 1 + random() % count;
        auto steps = staircase(count, random);
        std::vector<Rectangle> rectangles;
        reduce(Region(steps), most, rectangles);
        EXPECT_EQ(rectangles, merged_one_by_one(steps, most)) << count << " to " << most;
    }
}

// A few rectangles of text's and windows' sizes, near each other and overlapping.
TEST(Reduce, costs_as_little_as_the_best_of_all_ways_to_merge_or_not_much_more) {
    testing::RandomWords random(11);
    std::int64_t paid = 0, least = 0;
    int best = 0, tried = 0, rounds = 3000;
    for (int round = 0; round < rounds; ++round) {
        std::vector<Rectangle> pieces;
        const auto side = [&](unsigned longest) { return 1 + static_cast<int>(random() % longest); };
        for (std::size_t count = 3 + random() % 5; pieces.size() < count;) {
            const int x = side(300), y = side(120);
            pieces.push_back({x, y, x + side(round % 2 ? 12 : 120), y + side(round % 3 ? 12 : 60)});
        }
        const Region region(pieces);
        const auto parts = region.rectangles();
        if (parts.size() > 8 || parts.size() < 2) continue;
        const std::size_t most = 1 + random() % (parts.size() - 1);
        std::vector<Rectangle> rectangles, boxes;
        reduce(region, most, rectangles);
        const std::int64_t price = price_of(rectangles), possible = least_price(parts, most, boxes);
        ASSERT_GE(price, possible) << "there is a way that was not tried";
        EXPECT_LE(price * 10, possible * 16) << round;
        ++tried;
        paid += price;
        least += possible;
        best += price == possible ? 1 : 0;
    }
    EXPECT_LE(paid * 1000, least * 1010) << static_cast<double>(paid) / static_cast<double>(least);
    EXPECT_GE(best * 10, tried * 8) << best << " of " << tried;
}

// What lies in the same tiles is sent once, however far its pixels are from each other.
TEST(Reduce, merges_what_shares_tiles_before_what_is_nearer) {
    std::vector<Rectangle> rectangles;
    const Rectangle left{0, 0, 2, 2}, right{14, 0, 16, 2}, near{17, 0, 19, 2};
    Region region(left);
    region |= right;
    region |= near;
    reduce(region, 2, rectangles);
    EXPECT_EQ(rectangles, (std::vector<Rectangle>{{0, 0, 16, 2}, near}));
}

TEST(Reduce, leaves_as_many_as_there_may_be_of_however_many_there_are) {
    testing::RandomWords random(12);
    for (std::size_t count : {65u, 100u, 500u, 2000u})
        for (std::size_t most : {1u, 4u, 16u, 60u, 64u, 200u}) {
            std::vector<Rectangle> rectangles;
            reduce(Region(staircase(count, random)), most, rectangles);
            EXPECT_EQ(rectangles.size(), std::min(count, most)) << count;
        }
}

TEST(Reduce, leaves_as_many_as_there_may_be_as_they_are) {
    testing::RandomWords random(4);
    auto steps = staircase(100, random);
    std::vector<Rectangle> rectangles;
    reduce(Region(steps), 100, rectangles);
    EXPECT_EQ(rectangles, steps);
}

TEST(Reduce, of_many_rectangles_merges_those_that_lie_together) {
    std::vector<Rectangle> words, lines;
    for (int y = 0; y < 1000; y += 20) {
        for (int x : {100, 110, 121, 129}) words.push_back({x, y, x + 8, y + 1});
        lines.push_back({100, y, 137, y + 1});
    }
    std::vector<Rectangle> rectangles;
    reduce(Region(words), lines.size(), rectangles);
    EXPECT_EQ(rectangles, lines);
}

TEST(Reduce, of_many_rectangles_merges_each_with_the_one_before_it_that_adds_the_least) {
    std::vector<Rectangle> pieces, expected;
    for (int y = 0; y < 30'000; y += 1000) {
        Rectangle block{20, y, 30, y + 10}, dot{0, y + 11, 1, y + 12}, line{20, y + 11, 30, y + 12};
        pieces.insert(pieces.end(), {block, dot, line});
        expected.insert(expected.end(), {bounding_box(block, line), dot});
    }
    std::vector<Rectangle> rectangles;
    reduce(Region(pieces), 60, rectangles);
    EXPECT_EQ(rectangles, expected);
}

TEST(Condense, leaves_what_is_not_too_much_as_it_is) {
    std::vector<Rectangle> spans, room;
    for (int i = 0; i < static_cast<int>(most_spans); ++i)
        spans.push_back({i % 64, i / 64, i % 64 + 1, i / 64 + 1});
    EXPECT_EQ(condense(spans, room).data(), spans.data());
    EXPECT_TRUE(condense({}, room).empty());
}

TEST(Condense, of_too_much_makes_one_a_row_that_covers_it) {
    hvfbd::testing::RandomWords random(5);
    std::vector<Rectangle> spans, room;
    for (int y = 10; y < 60; ++y)
        for (int x = static_cast<int>(random() % 9); x < 990; x += 2 + static_cast<int>(random() % 8))
            spans.push_back({x, y, x + 1, y + 1});
    ASSERT_GT(spans.size(), most_spans);
    auto condensed = condense(spans, room);
    EXPECT_EQ(condensed.size(), 50u);
    expect_covers(Region(spans), condensed);
    EXPECT_EQ(condense(spans, room).size(), 50u) << "whatever the room held before";
}

TEST(Reduce, to_one_is_the_bounding_box) {
    std::vector<Rectangle> rectangles;
    Region region(Rectangle{0, 0, 1, 1});
    region |= Rectangle{99, 99, 100, 100};
    reduce(region, 1, rectangles);
    EXPECT_EQ(rectangles, (std::vector<Rectangle>{{0, 0, 100, 100}}));
}

TEST(Reduce, covers_whatever_it_is_given_and_keeps_its_number) {
    hvfbd::testing::RandomWords random(9);
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
