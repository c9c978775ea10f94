#include "bus/opening_limit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/error.h"

namespace hvfbd {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t full_hd = std::uint64_t{1920} * 1080 * 4, eight_k = std::uint64_t{7680} * 4320 * 4;

class AnOpeningLimit : public testing::Test {
  protected:
    // The loop, until this time: wakes when its alarm is due, and no more often.
    void pass(Duration time) {
        const Time end = now + time;
        for (auto next = limit.next(); next && *next <= end; next = limit.next()) {
            now = std::max(now, *next);
            limit.run(now);
            ++wakes;
        }
        now = end;
    }
    void open(uid_t user, std::uint64_t bytes = full_hd) {
        limit.open(user, {bytes, bytes}, now, [this, user] { begun.push_back(user); });
    }
    long count(uid_t user) const { return std::count(begun.begin(), begun.end(), user); }

    OpeningLimit limit;
    Time now{seconds(1000)};
    std::vector<uid_t> begun;
    unsigned wakes = 0;
};

TEST_F(AnOpeningLimit, lets_a_user_open_all_that_it_may_have_at_once_of_any_size) {
    for (uid_t user : {1, 2})
        for (int i = 0; i < 16; ++i) open(user, user == 1 ? full_hd : eight_k);
    EXPECT_EQ(count(1), 16);
    EXPECT_EQ(count(2), 16);
    EXPECT_EQ(limit.next(), std::nullopt);
}

TEST_F(AnOpeningLimit, makes_one_that_opens_for_ever_slower_and_refuses_it_nothing) {
    long opened = 0;
    // One after the other, as a program in a loop does that waits for each answer.
    for (const Time end = now + seconds(100); now < end;) {
        open(1);
        ++opened;
        while (count(1) < opened) pass(*limit.next() - now);
    }
    // 64 MiB a second, and those at once.
    EXPECT_NEAR(static_cast<double>(opened), 100.0 * (64 << 20) / full_hd + 32, 3);
}

TEST_F(AnOpeningLimit, begins_what_waits_in_its_order_and_sleeps_until_then) {
    std::vector<int> order;
    for (int i = 0; i < 40; ++i) limit.open(1, {full_hd, full_hd}, now, [&order, i] { order.push_back(i); });
    EXPECT_LT(order.size(), 40u);
    const auto at_once = order.size();
    pass(seconds(10));
    EXPECT_EQ(order.size(), 40u);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(wakes, 40 - at_once);
    EXPECT_EQ(limit.next(), std::nullopt);
}

TEST_F(AnOpeningLimit, keeps_nobody_waiting_for_another_user) {
    for (int i = 0; i < 40; ++i) open(1, eight_k);
    EXPECT_TRUE(limit.next());
    open(2, eight_k);
    EXPECT_EQ(begun.back(), 2u);
    EXPECT_EQ(count(2), 1);
}

TEST_F(AnOpeningLimit, lets_nobody_who_waits_be_overtaken_by_something_small) {
    for (int i = 0; i < 33; ++i) open(1, eight_k);
    EXPECT_EQ(count(1), 32);
    open(1, 1);
    EXPECT_EQ(count(1), 32);
    pass(seconds(3));
    EXPECT_EQ(count(1), 34);
}

TEST_F(AnOpeningLimit, lets_something_small_be_opened_after_what_was_large) {
    for (int i = 0; i < 16; ++i) open(1, eight_k);
    open(1, 0);
    EXPECT_EQ(count(1), 17);
}

TEST_F(AnOpeningLimit, lets_buffers_that_are_larger_than_the_displays_not_be_opened_as_often_as_those) {
    constexpr std::uint64_t gibibyte = std::uint64_t{1} << 30;
    for (int i = 0; i < 4; ++i) limit.open(1, {gibibyte, full_hd}, now, [this] { begun.push_back(1); });
    EXPECT_EQ(count(1), 1);
    pass(seconds(17));
    EXPECT_EQ(count(1), 2);
    pass(seconds(100));
    EXPECT_EQ(count(1), 4);
}

TEST_F(AnOpeningLimit, refuses_where_too_many_wait) {
    for (int i = 0; i < 32 + 8; ++i) open(1, eight_k);
    try {
        open(1, eight_k);
        FAIL();
    } catch (const RequestError& refused) {
        EXPECT_EQ(refused.kind(), RequestError::Kind::busy);
    }
    for (uid_t user = 2; user < 17; ++user)
        for (int i = 0; i < 32 + 8; ++i) open(user, eight_k);
    for (int i = 0; i < 32; ++i) open(100, eight_k);
    EXPECT_THROW(open(100, eight_k), RequestError);
    EXPECT_EQ(count(100), 32);
}

TEST_F(AnOpeningLimit, counts_what_takes_no_memory_as_well) {
    for (int i = 0; i < 256; ++i) open(1, 0);
    EXPECT_EQ(count(1), 256);
    open(1, 0);
    EXPECT_EQ(count(1), 256);
    pass(milliseconds(20));
    EXPECT_EQ(count(1), 257);
}

TEST_F(AnOpeningLimit, forgets_what_was_long_ago) {
    for (int i = 0; i < 32; ++i) open(1);
    pass(seconds(10));
    for (int i = 0; i < 16; ++i) open(1);
    EXPECT_EQ(count(1), 48);
}

TEST_F(AnOpeningLimit, goes_on_with_what_is_opened_by_what_begins) {
    for (int i = 0; i < 32; ++i) open(1, eight_k);
    limit.open(1, {eight_k, eight_k}, now, [this] { open(2); });
    pass(seconds(3));
    EXPECT_EQ(count(2), 1);
}

}  // namespace
}  // namespace hvfbd
