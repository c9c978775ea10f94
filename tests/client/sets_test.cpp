#include "policy_fixture.h"
#include "tracking/pages.h"
#include "tracking/token_bucket.h"

namespace hvfb {
namespace {

TEST(TokenBucket, holds_no_more_than_its_size_and_is_refilled_evenly) {
    TokenBucket bucket(8, 10);
    Nanoseconds now = 1'000'000 * ms;
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(bucket.take(now));
    EXPECT_FALSE(bucket.take(now));
    now += 99 * ms;
    EXPECT_FALSE(bucket.take(now));
    now += ms;
    EXPECT_TRUE(bucket.take(now));
    EXPECT_FALSE(bucket.take(now));
    now += 3'600'000 * ms;
    for (int i = 0; i < 8; ++i) EXPECT_TRUE(bucket.take(now));
    EXPECT_FALSE(bucket.take(now));
}

TEST(PageSet, gives_back_the_runs_that_were_added) {
    PageSet set;
    ASSERT_TRUE(set.resize(200));
    EXPECT_EQ(set.next_run(0).count, 0u);
    set.add({0, 1});
    set.add({60, 10});
    set.add({70, 130});
    set.add({199, 0xffffffff});
    set.add({500, 3});
    EXPECT_EQ(set.next_run(0), (Pages{0, 1}));
    EXPECT_EQ(set.next_run(1), (Pages{60, 140}));
    EXPECT_EQ(set.next_run(199), (Pages{199, 1}));
    EXPECT_EQ(set.next_run(200).count, 0u);
    set.clear();
    EXPECT_EQ(set.next_run(0).count, 0u);
}

TEST(PageList, covers_all_that_was_added_with_the_smallest_gaps_closed_first) {
    PageList list;
    for (std::uint32_t i = 0; i < 64; ++i) list.add({i * 100, 10});
    list.add({64 * 100 - 80, 10});  // 10 after the last one
    ASSERT_EQ(list.runs().size(), 64u);
    EXPECT_EQ(list.runs()[63], (Pages{6300, 30}));
    list.add({9000, 1});
    ASSERT_EQ(list.runs().size(), 64u);
    EXPECT_EQ(list.runs()[63], (Pages{9000, 1}));
    EXPECT_EQ(list.runs()[62].end(), 6330u);
}

}  // namespace
}  // namespace hvfb
