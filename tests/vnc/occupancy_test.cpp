#include "vnc/occupancy.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

namespace vnc {
namespace {

using namespace std::chrono_literals;

TEST(OccupancyTest, ItLeavesSoLongAfterTheLastClient) {
    const Time start{1h};
    Occupancy occupancy(2, 30s, start);
    EXPECT_EQ(occupancy.leaves_at(), start + 30s);
    occupancy.client_came();
    EXPECT_FALSE(occupancy.leaves_at());
    occupancy.client_came();
    occupancy.client_left(start + 1min);
    EXPECT_FALSE(occupancy.leaves_at());
    occupancy.client_left(start + 2min);
    EXPECT_EQ(occupancy.leaves_at(), start + 2min + 30s);
}

TEST(OccupancyTest, ItStaysWhereNobodyWouldStartItAgain) {
    const Occupancy occupancy(2, std::nullopt, Time{1h});
    EXPECT_FALSE(occupancy.leaves_at());
}

TEST(OccupancyTest, ItHasRoomForSoManyAndForOneMoreWhenOneLeaves) {
    Occupancy occupancy(2, 30s, Time{1h});
    occupancy.client_came();
    EXPECT_TRUE(occupancy.has_room());
    occupancy.client_came();
    EXPECT_FALSE(occupancy.has_room());
    occupancy.client_left(Time{2h});
    EXPECT_TRUE(occupancy.has_room());
}

}  // namespace
TEST(OccupancyTest, ItStaysForVisitorsWhoTakeNoPlace) {
    const Time start{1h};
    Occupancy one(1, 30s, start);
    one.visitor_came();
    one.visitor_came();
    EXPECT_TRUE(one.has_room());
    EXPECT_FALSE(one.leaves_at());
    one.visitor_left(start + 40s);
    EXPECT_FALSE(one.leaves_at());
    one.visitor_left(start + 50s);
    EXPECT_EQ(one.leaves_at(), start + 80s);
}

}  // namespace vnc
