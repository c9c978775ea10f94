#include "base/region.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace hvfbd {
namespace {

TEST(Rectangle, is_half_open) {
    Rectangle r{2, 3, 5, 7};
    EXPECT_EQ(r.width(), 3);
    EXPECT_EQ(r.height(), 4);
    EXPECT_EQ(r.area(), 12);
    EXPECT_TRUE((Rectangle{2, 3, 2, 7}).empty());
    EXPECT_EQ((Rectangle{5, 5, 1, 1}).area(), 0);
    EXPECT_EQ(Rectangle{}, (Rectangle{0, 0, 0, 0}));
}

TEST(Rectangle, intersection_and_bounding_box_meet_at_edges) {
    EXPECT_TRUE(intersection({0, 0, 10, 10}, {10, 0, 20, 10}).empty());
    EXPECT_EQ(intersection({0, 0, 10, 10}, {9, 9, 20, 20}), (Rectangle{9, 9, 10, 10}));
    EXPECT_EQ(bounding_box({0, 0, 1, 1}, {9, 9, 10, 10}), (Rectangle{0, 0, 10, 10}));
}

TEST(Region, made_in_bulk_is_what_it_is_made_of_one_by_one) {
    std::mt19937 random(1);
    for (int round = 0; round < 50; ++round) {
        std::vector<Rectangle> rectangles;
        Region one_by_one;
        for (int i = 0; i < 40; ++i) {
            auto x = static_cast<int>(random() % 100), y = static_cast<int>(random() % 100);
            Rectangle r{x, y, x + 1 + static_cast<int>(random() % 20),
                        y + 1 + static_cast<int>(random() % 20)};
            rectangles.push_back(r);
            one_by_one |= r;
        }
        EXPECT_EQ(Region(rectangles), one_by_one);
    }
}

TEST(Region, of_nothing_is_empty_and_has_no_area) {
    EXPECT_TRUE(Region().empty());
    EXPECT_TRUE(Region(Rectangle{5, 5, 5, 9}).empty());
    EXPECT_TRUE(Region(std::span<const Rectangle>{}).empty());
    EXPECT_EQ(Region().area(), 0);
}

TEST(Region, adds_cuts_and_takes_away) {
    Region region(Rectangle{0, 0, 10, 10});
    region |= Rectangle{20, 0, 30, 10};
    EXPECT_EQ(region.area(), 200);
    EXPECT_EQ(region.extents(), (Rectangle{0, 0, 30, 10}));
    region &= Rectangle{5, 5, 25, 10};
    EXPECT_EQ(region.area(), 50);
    region -= Region(Rectangle{5, 5, 6, 6});
    EXPECT_EQ(region.area(), 49);
    region &= Rectangle{};
    EXPECT_TRUE(region.empty());
}

TEST(Region, of_more_rectangles_than_it_may_have_becomes_what_they_extend_over) {
    Region region;
    for (std::int32_t i = 0; i < 5; ++i) region |= Rectangle{10 * i, 10 * i, 10 * i + 1, 10 * i + 1};
    region.bound(5);
    EXPECT_EQ(region.rectangles().size(), 5u);
    region.bound(4);
    EXPECT_EQ(region, Region(Rectangle{0, 0, 41, 41}));
}

TEST(Region, is_a_value) {
    Region a(Rectangle{0, 0, 2, 2});
    Region b = a;
    b |= Rectangle{5, 5, 6, 6};
    EXPECT_EQ(a.area(), 4);
    Region c = std::move(b);
    EXPECT_EQ(c.area(), 5);
    a = c;
    EXPECT_EQ(a, c);
    Region& self = a;
    a = self;
    EXPECT_EQ(a, c);
}

}  // namespace
}  // namespace hvfbd
