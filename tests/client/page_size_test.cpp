// What means memory is the same memory with pages of any size.
#include <algorithm>

#include "policy_fixture.h"
#include "simulated_memory.h"

namespace hvfb {
namespace {

constexpr std::uint32_t kib = constants::kibibyte;

// In KiB, from the buffer's start.
struct Bytes {
    std::uint32_t first, count;
    bool operator==(const Bytes&) const = default;
};
void PrintTo(const Bytes& bytes, std::ostream* out) {
    *out << bytes.first << "+" << bytes.count << " KiB";
}

// A buffer of 8 MiB.
struct PageSizes : PolicyTest, testing::WithParamInterface<std::uint32_t> {
    const std::uint32_t size = GetParam(), page_count = 8192 * kib / size;

    void begin_with(Capabilities capabilities, const Prices& costs = prices_of_comparisons) {
        ASSERT_TRUE(policy.start(page_count, size, capabilities, costs));
        policy.want(Tracking::automatic, idle, now);
        collect();
        now += 1'000 * ms;
    }
    Pages pages_in(Bytes bytes) const {
        const std::uint32_t first = bytes.first * kib / size;
        return {first, std::max(1u, bytes.count * kib / size)};
    }
    Bytes bytes_in(Pages run) const { return {run.first * (size / kib), run.count * (size / kib)}; }
    // Where a fault at this KiB opens.
    Bytes opened_at(std::uint32_t at) { return bytes_in(fault(at * kib / size).back().pages); }
    std::vector<Bytes> write(std::vector<Bytes> written) {
        std::vector<Pages> runs;
        for (const Bytes& bytes : written) runs.push_back(pages_in(bytes));
        const Report report = collect(runs);
        now += 20 * ms;
        std::vector<Bytes> reported;
        for (const Pages& run : report.pages.runs()) reported.push_back(bytes_in(run));
        return reported;
    }
    // What is reported though nothing was found written.
    std::vector<Bytes> hot_once_written(const std::vector<Bytes>& written) {
        begin_with(no_announce);
        write(written);
        return write({});
    }
};
INSTANTIATE_TEST_SUITE_P(Of, PageSizes, testing::Values(4 * kib, 16 * kib, 64 * kib));

TEST_P(PageSizes, a_fault_opens_as_much_and_each_further_one_twice_as_much) {
    begin_with(full);
    // Of what is before it as many whole pages as fit.
    for (const auto& [at, before, whole] :
         {std::tuple{1024u, 16u, 256u}, std::tuple{3072u, 32u, 512u}, std::tuple{5120u, 64u, 1024u}}) {
        const std::uint32_t lead = before * kib / size * (size / kib);
        EXPECT_EQ(opened_at(at), (Bytes{at - lead, whole}));
    }
    EXPECT_EQ(opened_at(7168), (Bytes{0, 8192}));
}

TEST_P(PageSizes, a_fault_opens_its_own_page_wherever_it_is) {
    for (const std::uint32_t page : {0u, 1u, page_count - 1}) {
        begin_with(full);
        const Pages opened = fault(page).back().pages;
        EXPECT_TRUE(opened.contains(page));
        EXPECT_LE(opened.end(), page_count);
    }
}

TEST_P(PageSizes, as_much_is_left_open_around_what_is_written) {
    // One pixel, wherever it is.
    for (const std::uint32_t at : {1024u, 1024u + 60})
        EXPECT_EQ(hot_once_written({{at, 1}}), (std::vector<Bytes>{{1024, 64}}));
}

TEST_P(PageSizes, what_is_scanned_and_reported_is_the_same_memory_through_a_life) {
    // What is written as a whole pays for one comparison.
    begin_with(no_announce, {.fault = 1, .compare = 1});
    const std::vector<Bytes> window = {{2048, 128}, {2560, 512}},
                             all = {{2048, 128}, {2560, 512}, {6144, 192}};
    EXPECT_EQ(write(window), window);
    EXPECT_EQ(write({}), window);
    EXPECT_EQ(write({{6144, 192}}), all);
    for (const auto& [action, scanned] :
         {std::pair{0u, Bytes{0, 2048}}, std::pair{1u, Bytes{2176, 384}}, std::pair{2u, Bytes{3072, 5120}}})
        EXPECT_EQ(bytes_in(actions.at(action).pages), scanned);
    now += constants::compared_within - 20 * ms;
    policy.differed(pages_in({2048, 64}), now);
    // What did not differ is protected again, and reported once more.
    EXPECT_EQ(write({}), all);
    EXPECT_EQ(write({}), (std::vector<Bytes>{{2048, 64}}));
}

TEST_P(PageSizes, nothing_is_lost_in_a_buffer_that_is_no_multiple_of_anything) {
    for (const std::uint32_t count : {1u, 5u, 300u})
        for (const Capabilities capabilities : {full, no_scan, no_announce}) {
            SimulatedMemory memory(count, capabilities, 11, size);
            memory.want(Tracking::automatic, 50'000'000);
            for (int step = 0; step < 2000; ++step) {
                memory.run_threads();
                if (memory.any(2)) memory.serve_a_fault();
                if (memory.any(4) == 0) memory.collect();
                memory.now += 1'000'000;
            }
            memory.come_to_rest();
            EXPECT_EQ(memory.lost(), 0u) << count;
        }
}

TEST(PagesOf, bytes_are_at_least_one_and_never_more_than_they_have) {
    EXPECT_EQ(constants::pages_of(65536, 4096), 16u);
    EXPECT_EQ(constants::pages_of(65536, 65536), 1u);
    EXPECT_EQ(constants::pages_of(65535, 65536), 1u);
    EXPECT_EQ(constants::pages_of(98304, 65536), 1u);
    EXPECT_EQ(constants::pages_of(0, 4096), 1u);
}

}  // namespace
}  // namespace hvfb
