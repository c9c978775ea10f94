#include "base/allowance.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

using namespace std::chrono_literals;
constexpr Time start{10h};

TEST(Allowance, is_full_at_first_and_is_spent_by_what_is_taken) {
    Allowance allowance(20, 4, start);
    EXPECT_EQ(allowance.left(start), 20);
    allowance.take(15);
    EXPECT_EQ(allowance.left(start), 5);
    allowance.take(5);
    EXPECT_EQ(allowance.left(start), 0);
}

TEST(Allowance, comes_back_evenly_in_whole_pieces) {
    Allowance allowance(20, 4, start);
    allowance.take(20);
    EXPECT_EQ(allowance.left(start + 249ms), 0);
    EXPECT_EQ(allowance.left(start + 250ms), 1);
    EXPECT_EQ(allowance.left(start + 1s), 4);
}

TEST(Allowance, loses_no_part_of_a_piece_to_questions) {
    Allowance allowance(20, 4, start);
    allowance.take(20);
    for (Time now = start; now < start + 1s; now += 125ms) allowance.left(now);
    EXPECT_EQ(allowance.left(start + 1s), 4);
}

TEST(Allowance, never_grows_over_what_it_was_at_first) {
    Allowance allowance(20, 4, start);
    allowance.take(1);
    EXPECT_EQ(allowance.left(start + 1h), 20);
    EXPECT_EQ(allowance.left(start + 2h), 20);
    allowance.take(20);
    EXPECT_EQ(allowance.left(start + 2h), 0);
}

}  // namespace
}  // namespace hvfbd
