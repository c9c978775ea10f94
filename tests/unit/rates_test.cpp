#include "hvfbctl/rates.h"

#include <gtest/gtest.h>

namespace hvfbctl {
namespace {

TEST(Rates, AreDifferencesInASecond) {
    const Rates rates({{"frames", 10}}, {{"frames", 30}}, 2, 0);
    EXPECT_DOUBLE_EQ(rates.per_second("frames"), 10);
}

TEST(Rates, OfNanosecondsAreAPartOfTheTime) {
    const Rates rates({{"copy_ns", 0}}, {{"copy_ns", 500'000'000}}, 2, 0);
    EXPECT_DOUBLE_EQ(rates.percent("copy_ns"), 25);
}

TEST(Rates, AreNothingWhereTheDaemonBeganAnewOrHasNoSuchCounter) {
    const Rates rates({{"frames", 30}}, {{"frames", 10}, {"new", 5}}, 1, 0);
    EXPECT_EQ(rates.per_second("frames"), 0);
    EXPECT_EQ(rates.per_second("new"), 0);
    EXPECT_EQ(rates.per_second("nothing"), 0);
    EXPECT_EQ(Rates({{"frames", 1}}, {{"frames", 2}}, 0, 0).per_second("frames"), 0);
}

TEST(Rates, LeaveOutTheWakeUpsThatReadingThemCauses) {
    EXPECT_DOUBLE_EQ(Rates({{"wakeups", 10}}, {{"wakeups", 14}}, 1, 1).per_second("wakeups"), 3);
    EXPECT_DOUBLE_EQ(Rates({{"wakeups", 10}}, {{"wakeups", 10}}, 1, 1).per_second("wakeups"), 0);
    EXPECT_DOUBLE_EQ(Rates({{"frames", 10}}, {{"frames", 14}}, 1, 1).per_second("frames"), 4);
}

TEST(RateHistory, HoldsTheLastOnesTheNewestAtTheEnd) {
    RateHistory history;
    EXPECT_TRUE(history.of("frames").empty());
    for (std::uint64_t i = 1; i <= 600; ++i) history.add(Rates({{"frames", 0}}, {{"frames", i}}, 1, 0));
    const auto values = history.of("frames");
    ASSERT_EQ(values.size(), 500);
    EXPECT_EQ(values.front(), 101);
    EXPECT_EQ(values.back(), 600);
}

}  // namespace
}  // namespace hvfbctl
