#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include <array>
#include <cstring>

#include "run/tracking/births.h"
#include "run/tracking/injected_call.h"
#include "run/tracking/look_times.h"
#include "run/tracking/mapped_parts.h"

namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

constexpr Time start{1000s};

TEST(MappedParts, are_the_shared_ones_of_that_file) {
    constexpr const char* maps =
        "00400000-00401000 r-xp 00000000 08:01 77                                 /bin/program\n"
        "7f0000000000-7f0000004000 rw-s 00000000 00:2a 77                         /fb0\n"
        "7f0000008000-7f0000009000 r--s 00003000 00:2a 77                         /fb0 (deleted)\n"
        "7f000000a000-7f000000b000 rw-p 00000000 00:2a 77                         /fb0\n"
        "7f000000c000-7f000000d000 rw-s 00000000 00:2a 78                         /other\n"
        "7f000000e000-7f000000f000 rw-s 00000000 00:2b 77                         /fb0\n"
        "7ffff0000000-7ffff0001000 rw-p 00000000 00:00 0 \n";
    const std::vector<run::MappedPart> expected{{0x7f0000000000, 0x7f0000004000, 0},
                                                {0x7f0000008000, 0x7f0000009000, 0x3000}};
    EXPECT_EQ(run::mapped_parts(maps, makedev(0, 0x2a), 77), expected);
}

TEST(MappedParts, are_none_of_a_text_that_is_no_list_of_them) {
    for (const char* const text : {"", "\n", "7f00-", "7f00-7f01", "7f00-7f01 r", "7f00-7f01 rw-s",
                                   "7f00-7f01 rw-s 0 00:2a", "x-y rw-s 0 00:2a 77 /fb0"})
        EXPECT_TRUE(run::mapped_parts(text, makedev(0, 0x2a), 77).empty()) << text;
}

TEST(RowsAt, are_those_that_the_bytes_touch) {
    EXPECT_EQ(run::rows_at(0, 4096, 640, 120), (run::RowRange{0, 7}));
    EXPECT_EQ(run::rows_at(4096, 4096, 640, 120), (run::RowRange{6, 7}));
    EXPECT_EQ(run::rows_at(4096, 4096, 4096, 120), (run::RowRange{1, 1}));
    // A row that is longer than a page.
    EXPECT_EQ(run::rows_at(8192, 4096, 7680, 1080), (run::RowRange{1, 1}));
}

TEST(RowsAt, end_where_the_picture_does) {
    EXPECT_EQ(run::rows_at(4096, 4096, 640, 8), (run::RowRange{6, 2}));
    EXPECT_EQ(run::rows_at(8192, 4096, 640, 8), run::RowRange{});
    EXPECT_EQ(run::rows_at(0, 0, 640, 8), run::RowRange{});
    EXPECT_EQ(run::rows_at(0, 4096, 0, 8), run::RowRange{});
}

TEST(Coverage, is_whole_where_regions_follow_each_other_to_the_end) {
    run::Coverage coverage(0x1000, 0x4000);
    EXPECT_TRUE(coverage.continues(0x1000, 0x2000));
    EXPECT_FALSE(coverage.whole());
    EXPECT_TRUE(coverage.continues(0x2000, 0x4000));
    EXPECT_TRUE(coverage.whole());
}

TEST(Coverage, is_broken_by_a_hole_and_by_memory_behind_the_end) {
    EXPECT_FALSE(run::Coverage(0x1000, 0x4000).continues(0x2000, 0x4000)) << "the first page is gone";
    EXPECT_FALSE(run::Coverage(0x1000, 0x4000).continues(0x1000, 0x5000)) << "it has grown";
    run::Coverage coverage(0x1000, 0x4000);
    EXPECT_TRUE(coverage.continues(0x1000, 0x2000));
    EXPECT_FALSE(coverage.continues(0x3000, 0x4000));
    EXPECT_FALSE(run::Coverage(0x1000, 0x4000).whole()) << "all of it is gone";
}

TEST(LookTimes, compare_everything_at_first_and_when_it_is_owed) {
    run::LookTimes times;
    EXPECT_TRUE(times.whole(start));
    times.looked(true, true, true, start);
    EXPECT_FALSE(times.whole(start + 20ms));
    times.owe();
    EXPECT_TRUE(times.whole(start + 20ms));
}

TEST(LookTimes, compare_everything_some_times_after_a_change_and_then_every_five_seconds) {
    run::LookTimes times;
    times.looked(true, true, false, start);
    std::vector<std::chrono::milliseconds> compared;
    for (auto after = 20ms; after < 20s; after += 20ms) {
        const bool whole = times.whole(start + after);
        if (whole) compared.push_back(after);
        times.looked(whole, false, false, start + after);
    }
    EXPECT_EQ(compared, (std::vector<std::chrono::milliseconds>{100ms, 500ms, 2s, 5s, 10s, 15s}));
}

TEST(LookTimes, compare_nothing_more_while_changes_come_faster) {
    run::LookTimes times;
    times.looked(true, true, false, start);
    for (auto after = 50ms; after < 10s; after += 50ms) {
        EXPECT_FALSE(times.whole(start + after));
        times.looked(false, true, false, start + after);
    }
}

// Until it is at rest.
Time rest(run::LookTimes& times, Time now) {
    for (const Time end = now + 6s; now < end; now += 100ms)
        times.looked(times.whole(now), false, false, now);
    return now;
}

TEST(LookTimes, are_in_vain_where_twice_something_unseen_was_found_at_rest) {
    run::LookTimes times;
    times.looked(true, true, true, start);
    EXPECT_FALSE(times.in_vain()) << "nothing was tracked before";
    Time now = start;
    for (int i = 0; i < 2; ++i) {
        EXPECT_FALSE(times.in_vain());
        now = rest(times, now) + 5s;
        ASSERT_TRUE(times.whole(now));
        times.looked(true, true, true, now);
    }
    EXPECT_TRUE(times.in_vain());
}

TEST(LookTimes, are_not_in_vain_for_what_lands_late_or_was_owed) {
    run::LookTimes times;
    times.looked(true, true, false, start);
    for (int i = 1; i < 10; ++i) times.looked(true, true, true, start + i * 100ms);
    Time now = start + 1s;
    for (int i = 0; i < 3; ++i) {
        now = rest(times, now);
        times.owe();
        times.looked(true, true, true, now);
    }
    EXPECT_FALSE(times.in_vain());
}

TEST(LookTimes, are_further_apart_at_rest_and_where_nobody_looks) {
    run::LookTimes times;
    EXPECT_EQ(times.pause_ms(true), run::LookTimes::soon_ms);
    for (int i = 0; i < 50; ++i) times.looked(false, false, false, start);
    EXPECT_EQ(times.pause_ms(true), run::LookTimes::quiet_ms);
    EXPECT_EQ(times.pause_ms(false), run::LookTimes::hidden_ms);
    times.looked(false, true, false, start);
    EXPECT_EQ(times.pause_ms(true), run::LookTimes::soon_ms);
}

TEST(Births, are_expected_for_a_second_after_somebody_began_a_process) {
    run::Births births;
    births.heard(100, start);
    EXPECT_TRUE(births.expected(start)) << "there may be some already";
    EXPECT_FALSE(births.owed(start));
    births.heard(100, start + 2s);
    EXPECT_FALSE(births.expected(start + 2s));
    births.heard(101, start + 3s);
    EXPECT_TRUE(births.expected(start + 3900ms));
    births.heard(101, start + 4s);
    EXPECT_FALSE(births.expected(start + 4s));
}

TEST(Births, are_looked_for_ten_times_until_there_can_be_none_any_more) {
    run::Births births;
    births.heard(100, start);
    std::vector<std::chrono::milliseconds> looks;
    for (auto after = 0ms; after < 5s; after += 20ms)
        if (births.due(start + after)) looks.push_back(after);
    EXPECT_EQ(looks.size(), 10U);
    EXPECT_EQ(looks.front(), 0ms);
    EXPECT_EQ(looks.back(), 900ms);
}

TEST(Births, have_everything_compared_once_a_second_until_the_last_one_is_over) {
    run::Births births;
    births.heard(100, start);
    int compared = 0;
    pid_t newest = 100;
    for (auto after = 20ms; after < 10s; after += 20ms) {
        births.heard(++newest, start + after);
        compared += births.owed(start + after);
    }
    EXPECT_EQ(compared, 10);
    compared = 0;
    for (auto after = 10000ms; after < 20s; after += 20ms) {
        births.heard(newest, start + after);
        compared += births.owed(start + after);
    }
    EXPECT_EQ(compared, 2) << "while it may not have begun, and when it has";
}

#if defined(__x86_64__)

constexpr std::array syscall_instruction{std::byte{0x0f}, std::byte{0x05}};
constexpr std::array narrow_instruction{std::byte{0xcd}, std::byte{0x80}};

TEST(InjectedCall, is_made_by_the_instruction_of_the_call_before) {
    EXPECT_EQ(run::calling_way(syscall_instruction), run::CallingWay::native);
    EXPECT_EQ(run::calling_way(narrow_instruction), run::CallingWay::narrow);
    // sysenter; two that are none; and halves of both.
    for (const auto& [first, second] : {std::pair{0x0f, 0x34}, {0x90, 0x90}, {0x0f, 0x80}, {0xcd, 0x05}})
        EXPECT_FALSE(run::calling_way(std::array{std::byte(first), std::byte(second)}));
}

TEST(InjectedCall, changes_what_says_which_call_it_is_and_nothing_else) {
    user_regs_struct standing{};
    standing.rip = 0x401002;
    standing.rax = 0x7f0000000000;
    standing.orig_rax = SYS_mmap;
    standing.rdi = 1, standing.rsi = 2, standing.rsp = 4;
    user_regs_struct calling = run::injected_call(standing, SYS_userfaultfd, 0x80801);
    EXPECT_EQ(calling.rip, 0x401000U);
    EXPECT_EQ(calling.rax, std::uint64_t{SYS_userfaultfd});
    EXPECT_EQ(calling.orig_rax, ~0ULL) << "the call before must not begin again";
    EXPECT_EQ(calling.rdi, 0x80801U);
    calling.rip = standing.rip, calling.rax = standing.rax, calling.orig_rax = standing.orig_rax;
    calling.rdi = standing.rdi;
    EXPECT_EQ(std::memcmp(&calling, &standing, sizeof calling), 0);
}

#endif

}  // namespace
