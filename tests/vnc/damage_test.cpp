#include "vnc/damage.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <vector>

namespace vnc {
namespace {

TEST(DamageTest, WhatWasAddedIsTakenOnce) {
    Damage damage;
    const std::vector<hvfb_rect> added = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    damage.add(added);
    const auto taken = damage.take();
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[1].x, 5U);
    EXPECT_EQ(taken[1].height, 8U);
    EXPECT_TRUE(damage.empty());
    EXPECT_TRUE(damage.take().empty());
}

TEST(DamageTest, NothingIsNoDamage) {
    Damage damage;
    const std::vector<hvfb_rect> nothing = {{1, 2, 0, 4}, {5, 6, 7, 0}};
    damage.add(nothing);
    EXPECT_TRUE(damage.empty());
}

TEST(DamageTest, AClientThatIsSlowHasTheUnionInBoundedMemory) {
    Damage damage;
    constexpr std::uint32_t rects = 1000;
    for (std::uint32_t i = 0; i < rects; ++i) {
        const hvfb_rect rect{i, 2 * i, 1, 1};
        damage.add(std::span(&rect, 1));
    }
    const auto taken = damage.take();
    EXPECT_LE(taken.size(), Damage::most);
    for (std::uint32_t i = 0; i < rects; ++i) {
        bool covered = false;
        for (const hvfb_rect& rect : taken)
            covered |=
                rect.x <= i && i < rect.x + rect.width && rect.y <= 2 * i && 2 * i < rect.y + rect.height;
        EXPECT_TRUE(covered) << i;
    }
}

}  // namespace
}  // namespace vnc
