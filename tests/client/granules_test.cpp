#include "tracking/granules.h"

#include <optional>

#include "policy_fixture.h"

namespace hvfb {
namespace {

std::vector<Pages> runs(const Granules& granules, Pages (Granules::*next)(std::uint32_t) const) {
    std::vector<Pages> all;
    for (Pages run = (granules.*next)(0); run.count > 0; run = (granules.*next)(run.end()))
        all.push_back(run);
    return all;
}

struct GranulesTest : testing::Test {
    std::optional<Granules> granules;
    Nanoseconds now = 5'000 * ms;

    void make(std::uint32_t size, std::uint32_t hot_from = 1) {
        granules.emplace();
        ASSERT_TRUE(granules->resize(size, page_size, hot_from));
    }
    void write(std::vector<Pages> written) {
        for (const Pages& run : written) granules->written(run);
        granules->promote(now);
    }
    void write_twice(const std::vector<Pages>& written) {
        write(written);
        write(written);
    }
    std::vector<Pages> hot() const { return runs(*granules, &Granules::next_hot); }
    std::vector<Pages> cold() const { return runs(*granules, &Granules::next_cold); }
    std::vector<Pages> cooled() const { return runs(*granules, &Granules::next_cooled); }
};
using Runs = std::vector<Pages>;

TEST_F(GranulesTest, cover_every_page_of_a_buffer_of_any_size) {
    for (const std::uint32_t size : {1u, granule - 1, granule, granule + 1, 2 * block, 2 * block + 1}) {
        make(size);
        EXPECT_EQ(granules->count(), (size + granule - 1) / granule);
        EXPECT_EQ(cold(), (Runs{{0, size}}));
        EXPECT_TRUE(hot().empty());
        write_twice({{size - 1, 1}});
        ASSERT_EQ(hot().size(), 1u);
        EXPECT_EQ(hot()[0].end(), size);
        EXPECT_EQ(hot()[0].first, (size - 1) / granule * granule);
    }
}

TEST_F(GranulesTest, each_page_is_in_a_run_of_hot_ones_or_in_one_of_cold_ones) {
    const std::uint32_t size = 5 * block + 5;
    make(size);
    write_twice({{0, 1}, {block, 1}, {block + granule, 1}, {3 * block - 1, 1}, {size - 1, 1}});
    std::vector<bool> is_hot(size, false);
    for (const std::uint32_t first :
         {0u, block, block + granule, 3 * block - granule, (size - 1) / granule * granule})
        for (std::uint32_t page = first; page < first + granule && page < size; ++page) is_hot[page] = true;
    for (std::uint32_t page = 0; page < size + 2; ++page)
        for (const bool wanted : {false, true}) {
            std::uint32_t first = std::min(page, size);
            while (first < size && is_hot[first] != wanted) ++first;
            Pages run{first, 0};
            while (run.end() < size && is_hot[run.end()] == wanted) ++run.count;
            EXPECT_EQ(wanted ? granules->next_hot(page) : granules->next_cold(page), run) << page << wanted;
        }
}

TEST_F(GranulesTest, are_hot_once_two_scans_within_the_window_found_them_written) {
    make(block);
    write({{0, 1}});
    EXPECT_TRUE(hot().empty());
    now += constants::hot_window + 1;
    write({{0, 1}, {granule, 1}});
    EXPECT_TRUE(hot().empty());
    now += constants::hot_window;
    write({{granule - 1, 2}});
    EXPECT_EQ(hot(), (Runs{{0, 2 * granule}}));
}

TEST_F(GranulesTest, are_not_hot_for_pages_that_are_not_there) {
    make(granule);
    write_twice({{granule, 1}, {0xffffffff, 0xffffffff}, {0, 0}});
    EXPECT_TRUE(hot().empty());
    write_twice({{granule - 1, 0xffffffff}});
    EXPECT_EQ(hot(), (Runs{{0, granule}}));
}

TEST_F(GranulesTest, are_not_hot_where_fewer_pages_than_that_were_written_in_one_scan) {
    make(10 * block, 5);
    for (int i = 0; i < 3; ++i) write({{0, 2}, {5 * block, 2}});
    EXPECT_TRUE(hot().empty());
    write({{0, 2}, {5 * block, 3}});
    EXPECT_TRUE(hot().empty()) << "those of other scans do not count";
    write({{0, 2}, {5 * block, 3}});
    EXPECT_EQ(hot(), (Runs{{0, granule}, {5 * block, granule}}));
}

TEST_F(GranulesTest, are_hot_with_all_of_their_block_where_many_of_its_pages_were_written) {
    const std::uint32_t many = block_written;
    make(3 * block - granule - 1);
    write_twice({{granule - 1, many - 1}});
    EXPECT_EQ(hot(), (Runs{{0, 2 * granule}}));
    write_twice({{block, 1}, {block + granule, many - 1}});
    EXPECT_EQ(hot(), (Runs{{0, 2 * granule}, {block, block}}));
    // The last block is not whole.
    write_twice({{3 * block - granule - 1 - many, many}});
    EXPECT_EQ(hot(), (Runs{{0, 2 * granule}, {block, 2 * block - granule - 1}}));
}

TEST_F(GranulesTest, stay_hot_while_they_differ_and_are_cooled_until_the_next_question) {
    make(4 * granule);
    write_twice({{0, 4 * granule}});
    now += constants::cold_after - 1;
    granules->cool(now);
    EXPECT_EQ(hot(), (Runs{{0, 4 * granule}}));
    granules->differed({granule - 1, 2}, now);
    now += 1;
    granules->cool(now);
    EXPECT_EQ(hot(), (Runs{{0, 2 * granule}}));
    EXPECT_EQ(cooled(), (Runs{{2 * granule, 2 * granule}}));
    EXPECT_FALSE(granules->cooled(2 * granule - 1));
    EXPECT_TRUE(granules->cooled(2 * granule));
    EXPECT_EQ(cold(), cooled());
    granules->cool(now);
    EXPECT_TRUE(cooled().empty());
    EXPECT_EQ(hot(), (Runs{{0, 2 * granule}}));
}

TEST_F(GranulesTest, that_differ_are_those_of_the_run_and_no_others) {
    struct Case {
        Pages differed;
        Runs stays_hot;
    };
    for (const Case& example :
         {Case{{0, 0}, {}}, Case{{granule, 1}, {{granule, granule}}},
          Case{{granule, granule}, {{granule, granule}}}, Case{{2 * granule - 1, 1}, {{granule, granule}}},
          Case{{granule, granule + 1}, {{granule, 2 * granule}}},
          Case{{1, 3 * granule}, {{0, 3 * granule + 2}}}, Case{{3 * granule + 1, 1}, {{3 * granule, 2}}},
          Case{{3 * granule + 2, 7}, {}}, Case{{0xffffffff, 0xffffffff}, {}},
          Case{{0, 0xffffffff}, {{0, 3 * granule + 2}}}}) {
        make(3 * granule + 2);
        write_twice({{0, 3 * granule + 2}});
        now += constants::cold_after;
        granules->differed(example.differed, now);
        granules->cool(now);
        EXPECT_EQ(hot(), example.stays_hot) << example.differed.first << " " << example.differed.count;
    }
}

TEST_F(GranulesTest, that_are_hot_stay_so_whatever_is_written_around_them) {
    make(block);
    write_twice({{0, 1}});
    now += constants::hot_window + 1;
    granules->differed({0, 1}, now);
    write({{granule, block_written}});
    EXPECT_EQ(hot(), (Runs{{0, granule}}));
    // To be written around them is not to differ.
    now += constants::cold_after;
    granules->cool(now);
    EXPECT_EQ(cooled(), (Runs{{0, granule}}));
}

TEST_F(GranulesTest, that_cooled_are_news_only_where_others_were_written_with_them) {
    make(3 * granule);
    write_twice({{granule, 1}});
    now += constants::cold_after;
    granules->cool(now);
    EXPECT_FALSE(granules->written({granule, granule}));
    EXPECT_FALSE(granules->written({granule, 0}));
    EXPECT_TRUE(granules->written({0, 1}));
    EXPECT_TRUE(granules->written({granule - 1, 2}));
    EXPECT_TRUE(granules->written({2 * granule - 1, 2}));
    EXPECT_FALSE(granules->written({3 * granule, 1}));
}

TEST_F(GranulesTest, that_cooled_become_hot_only_when_two_more_scans_find_them) {
    make(granule);
    write_twice({{0, 1}});
    now += constants::cold_after;
    granules->cool(now);
    write({{0, 1}});
    granules->cool(now);
    write({{0, 1}});
    EXPECT_TRUE(hot().empty());
    write({{0, 1}});
    EXPECT_EQ(hot(), (Runs{{0, granule}}));
}

TEST_F(GranulesTest, are_all_cold_and_were_never_written_once_that_is_forgotten) {
    make(2 * block);
    write_twice({{0, 1}});
    write({{block, 1}});
    granules->written({block + granule, 1});
    for (const bool afresh : {false, true}) {
        if (afresh)
            ASSERT_TRUE(granules->resize(2 * block, page_size, 1));
        else
            granules->forget();
        EXPECT_EQ(cold(), (Runs{{0, 2 * block}}));
        write({{0, 1}, {block, 1}});
        EXPECT_TRUE(hot().empty());
    }
}

}  // namespace
}  // namespace hvfb
