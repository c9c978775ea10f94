#include <malloc.h>

#include <random>

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

TEST(TokenBucket, is_full_at_first_whenever_that_is_and_refilled_at_the_nanosecond) {
    for (const Nanoseconds first : {Nanoseconds{0}, Nanoseconds{1}, 1'000'000 * ms}) {
        TokenBucket bucket(2, 1);
        EXPECT_TRUE(bucket.take(first));
        EXPECT_TRUE(bucket.take(first)) << first;
        EXPECT_FALSE(bucket.take(first + 1'000 * ms - 1)) << first;
        EXPECT_TRUE(bucket.take(first + 1'000 * ms)) << first;
        EXPECT_FALSE(bucket.take(first + 1'000 * ms)) << first;
        EXPECT_FALSE(bucket.take(first + 2'000 * ms, 2)) << "and takes none where there are fewer";
        EXPECT_TRUE(bucket.take(first + 2'000 * ms));
        EXPECT_TRUE(bucket.take(first + 4'000 * ms, 2));
        EXPECT_FALSE(bucket.take(first + 4'000 * ms));
    }
}

TEST(Pages, within_a_buffer_are_those_that_it_has) {
    EXPECT_EQ((Pages{3, 5}.within(8)), (Pages{3, 5}));
    EXPECT_EQ((Pages{3, 5}.within(7)), (Pages{3, 4}));
    EXPECT_EQ((Pages{3, 0xffffffff}.within(7)), (Pages{3, 4}));
    EXPECT_EQ((Pages{7, 1}.within(7).count), 0u);
    EXPECT_EQ((Pages{0xffffffff, 0xffffffff}.within(7)), (Pages{7, 0}));
}

// Gives numbers below the one that it is called with, the same in each run.
auto random_numbers() {
    return [engine = std::mt19937(1)](std::uint32_t below) mutable {
        return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(engine);
    };
}

// The first run of `members` at or after `page`.
Pages run_of(const std::vector<bool>& members, std::uint32_t page) {
    const auto size = static_cast<std::uint32_t>(members.size());
    while (page < size && !members[page]) ++page;
    Pages run{page, 0};
    while (run.end() < size && members[run.end()]) ++run.count;
    return run;
}

TEST(PageSet, holds_the_pages_that_were_added_and_no_others_until_it_is_cleared) {
    auto below = random_numbers();
    for (const std::uint32_t size : {1u, 2u, 63u, 64u, 65u, 127u, 128u, 129u, 200u}) {
        PageSet set;
        ASSERT_TRUE(set.resize(size));
        std::vector<bool> members(size, false);
        for (int round = 0; round < 36; ++round) {
            EXPECT_EQ(set.empty(), run_of(members, 0).count == 0) << size;
            for (std::uint32_t page = 0; page < size + 2; ++page) {
                const Pages expected = run_of(members, std::min(page, size));
                EXPECT_EQ(set.next_run(page), expected) << size << " " << page;
            }
            if (round % 12 == 11) {
                set.clear();
                members.assign(size, false);
                continue;
            }
            const std::uint32_t first = below(size + 2);
            const std::uint32_t count = round % 12 == 10 ? 0xffffffff : below(size / 4 + 3);
            set.add({first, count});
            for (std::uint32_t page = first; page < size && page - first < count; ++page)
                members[page] = true;
        }
    }
}

TEST(PageSet, begins_empty_again_with_another_size) {
    PageSet set;
    EXPECT_TRUE(set.empty());
    set.clear();
    set.add({0, 1});
    EXPECT_TRUE(set.empty());
    for (const std::uint32_t size : {200u, 300u, 70u}) {
        ASSERT_TRUE(set.resize(size));
        EXPECT_TRUE(set.empty());
        set.add({0, 0xffffffff});
        EXPECT_EQ(set.next_run(0), (Pages{0, size}));
    }
}

TEST(Policy, gives_back_its_memory_when_it_begins_again_and_when_it_ends) {
    const auto memory_in_use = [] {
        const struct mallinfo2 info = mallinfo2();
        return static_cast<double>(info.uordblks + info.hblkhd);
    };
    // The smallest of what it takes is a bit for each page.
    constexpr std::uint32_t many = 8'000'000;
    const double before = memory_in_use(), others = many / 8 / 10;
    {
        Policy policy;
        ASSERT_TRUE(policy.start(many, page_size, full));
        const double used = memory_in_use();
        ASSERT_TRUE(policy.start(many, page_size, full));
        EXPECT_NEAR(memory_in_use(), used, others);
    }
    EXPECT_NEAR(memory_in_use(), before, others);
}

std::vector<Pages> runs_of(const PageList& list) {
    return {list.runs().begin(), list.runs().end()};
}

TEST(PageList, holds_as_many_runs_as_a_message_carries_as_they_were_added) {
    PageList list;
    std::vector<Pages> added;
    for (std::uint32_t i = 0; i < PageList::capacity; ++i) {
        list.add({1000 * i, 0});
        EXPECT_EQ(runs_of(list), added) << "no pages are no run";
        list.add(added.emplace_back(Pages{1000 * i, i + 1}));
        EXPECT_EQ(runs_of(list), added);
    }
}

TEST(PageList, closes_the_smallest_gap_where_there_are_too_many_runs_and_loses_no_page) {
    for (std::size_t smallest = 0; smallest < PageList::capacity; ++smallest) {
        PageList list;
        std::vector<Pages> expected;
        std::uint32_t page = 5;
        for (std::size_t i = 0; i <= PageList::capacity; ++i) {
            const Pages run{page, 10};
            list.add(run);
            if (i == smallest + 1)
                expected.back().count = run.end() - expected.back().first;
            else
                expected.push_back(run);
            page = run.end() + (i == smallest ? 49 : 50 + static_cast<std::uint32_t>(i));
        }
        EXPECT_EQ(runs_of(list), expected) << smallest;
    }
}

TEST(PageList, covers_every_page_however_many_runs_are_added) {
    auto below = random_numbers();
    PageList list;
    std::vector<Pages> added;
    std::uint32_t page = 0;
    for (int i = 0; i < 1'000; ++i) {
        list.add(added.emplace_back(Pages{page, 1 + below(9)}));
        page = added.back().end() + 1 + below(30);
        ASSERT_LE(list.runs().size(), PageList::capacity);
    }
    for (const Pages& run : added)
        EXPECT_TRUE(std::any_of(list.runs().begin(), list.runs().end(), [&](const Pages& covering) {
            return covering.first <= run.first && run.end() <= covering.end();
        })) << run.first;
}

}  // namespace
}  // namespace hvfb
