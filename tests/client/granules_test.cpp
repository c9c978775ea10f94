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

    void make(std::uint32_t size, const Prices& prices = prices_of_comparisons) {
        granules.emplace();
        ASSERT_TRUE(granules->resize(size, page_size, prices));
    }
    void write(std::vector<Pages> written) {
        for (const Pages& run : written) granules->written(run);
        granules->promote(now);
    }
    // Compares once more, and no frame goes by without that it is said what differed elsewhere.
    void cool() {
        now += 20 * ms;
        granules->differed({0xffffffff, 1}, now);
        granules->cool(now);
    }
    std::vector<Pages> hot() const { return runs(*granules, &Granules::next_hot); }
    std::vector<Pages> cold() const { return runs(*granules, &Granules::next_cold); }
    std::vector<Pages> cooled() const { return runs(*granules, &Granules::next_cooled); }
};
using Runs = std::vector<Pages>;

TEST_F(GranulesTest, cover_every_page_of_a_buffer_of_any_size) {
    for (const std::uint32_t size : {1u, granule - 1, granule, granule + 1, 8 * granule, 8 * granule + 1}) {
        make(size);
        EXPECT_EQ(granules->count(), (size + granule - 1) / granule);
        EXPECT_EQ(cold(), (Runs{{0, size}}));
        EXPECT_TRUE(hot().empty());
        write({{size - 1, 1}});
        ASSERT_EQ(hot().size(), 1u);
        EXPECT_EQ(hot()[0].end(), size);
        EXPECT_EQ(hot()[0].first, (size - 1) / granule * granule);
    }
}

TEST_F(GranulesTest, each_page_is_in_a_run_of_hot_ones_or_in_one_of_cold_ones) {
    const std::uint32_t size = 20 * granule + 5;
    make(size);
    write({{0, 1}, {4 * granule, 1}, {5 * granule, 1}, {12 * granule - 1, 1}, {size - 1, 1}});
    std::vector<bool> is_hot(size, false);
    for (const std::uint32_t first :
         {0u, 4 * granule, 5 * granule, 11 * granule, (size - 1) / granule * granule})
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

// Where a page that was written pays for one comparison.
constexpr Prices one_comparison = {.fault = granule, .compare = 1};

TEST_F(GranulesTest, are_hot_where_comparing_them_once_is_no_dearer_than_their_faults) {
    make(4 * granule, {.fault = 10, .compare = 4});
    write({{0, 6}});
    write({{0, 3}, {8, 3}, {granule, 6}});
    EXPECT_TRUE(hot().empty()) << "those of others and of other scans do not count";
    write({{0, 3}, {8, 4}, {granule, 6}});
    EXPECT_EQ(hot(), (Runs{{0, granule}}));
    write({{2 * granule - 1, 2}, {3 * granule - 7, 6}});
    EXPECT_EQ(hot(), (Runs{{0, granule}, {2 * granule, granule}}));
}

TEST_F(GranulesTest, are_not_hot_where_all_of_their_faults_cost_less_than_a_report) {
    make(4 * granule, {.fault = granule, .compare = 1, .report = 2 * granule + 1});
    write({{0, 1}, {granule, 1}});
    EXPECT_TRUE(hot().empty());
    write({{0, 1}, {granule, 2}});
    EXPECT_EQ(hot(), (Runs{{0, 2 * granule}}));
    write({{2 * granule, 1}});
    EXPECT_EQ(hot(), (Runs{{0, 3 * granule}})) << "what is open already counts";
}

TEST_F(GranulesTest, share_what_a_report_costs_that_holds_nothing_else) {
    make(5 * granule, {.fault = granule * 10, .compare = 1, .report = granule * 40});
    write({{0, 2}, {granule, 2}});
    now += 20 * ms;
    granules->differed({0xffffffff, 1}, now);
    granules->cool(now);
    EXPECT_EQ(hot(), (Runs{{0, 2 * granule}})) << "the report held what a scan had found";
    granules->cool(now, true);
    EXPECT_EQ(cooled(), (Runs{{0, 2 * granule}})) << "half of the report each is as much as the faults";
}

TEST_F(GranulesTest, are_fresh_in_the_scan_that_made_them_hot) {
    make(4 * granule);
    write({{0, 1}});
    EXPECT_EQ(runs(*granules, &Granules::next_fresh), (Runs{{0, granule}}));
    write({{granule, 1}});
    EXPECT_EQ(runs(*granules, &Granules::next_fresh), (Runs{{granule, granule}}));
    write({{0, 1}});
    EXPECT_TRUE(runs(*granules, &Granules::next_fresh).empty()) << "it was hot already";
}

TEST_F(GranulesTest, are_not_hot_where_nothing_was_written_though_comparing_costs_nothing) {
    make(3 * granule, {.fault = 1, .compare = 0});
    write({{granule, 1}});
    EXPECT_EQ(hot(), (Runs{{granule, granule}}));
}

TEST_F(GranulesTest, are_not_hot_for_pages_that_are_not_there) {
    make(granule);
    write({{granule, 1}, {0xffffffff, 0xffffffff}, {0, 0}});
    EXPECT_TRUE(hot().empty());
    write({{granule - 1, 0xffffffff}});
    EXPECT_EQ(hot(), (Runs{{0, granule}}));
}

TEST_F(GranulesTest, stay_hot_until_comparing_them_has_cost_as_much_as_their_faults) {
    make(4 * granule);
    write({{0, 1}, {granule, 2}, {2 * granule, granule}});
    for (unsigned i = 1; i < comparisons; ++i) cool();
    EXPECT_EQ(hot(), (Runs{{0, 3 * granule}}));
    cool();
    EXPECT_EQ(cooled(), (Runs{{0, granule}}));
    EXPECT_EQ(cold(), (Runs{{0, granule}, {3 * granule, granule}}));
    for (unsigned i = 1; i < comparisons; ++i) cool();
    EXPECT_TRUE(cooled().empty());
    EXPECT_EQ(hot(), (Runs{{granule, 2 * granule}}));
    cool();
    EXPECT_EQ(cooled(), (Runs{{granule, granule}}));
    EXPECT_FALSE(granules->cooled(granule - 1));
    EXPECT_TRUE(granules->cooled(granule));
    EXPECT_FALSE(granules->cooled(2 * granule));
    for (unsigned i = 2 * comparisons; i < granule * comparisons; ++i) {
        EXPECT_EQ(hot(), (Runs{{2 * granule, granule}}));
        cool();
    }
    EXPECT_TRUE(hot().empty());
}

TEST_F(GranulesTest, begin_anew_when_they_differ_with_what_differed) {
    make(granule);
    write({{0, 1}});
    for (unsigned i = 1; i < comparisons; ++i) cool();
    granules->differed({3, 1}, now);
    granules->differed({7, 1}, now);
    cool();
    for (unsigned i = 1; i < 2 * comparisons; ++i) cool();
    EXPECT_EQ(hot(), (Runs{{0, granule}}));
    cool();
    EXPECT_EQ(cooled(), (Runs{{0, granule}}));
    // Said of it while it is cold, that is nothing.
    granules->differed({0, granule}, now);
    cool();
    write({{0, 1}});
    for (unsigned i = 0; i < comparisons; ++i) cool();
    EXPECT_EQ(cooled(), (Runs{{0, granule}}));
}

TEST_F(GranulesTest, stay_hot_until_it_could_be_said_what_differed) {
    make(granule, one_comparison);
    write({{0, 1}});
    now += constants::compared_within - 1;
    granules->cool(now);
    EXPECT_EQ(hot(), (Runs{{0, granule}}));
    now += 1;
    granules->cool(now);
    EXPECT_EQ(cooled(), (Runs{{0, granule}}));
    granules->cool(now);
    write({{0, 1}});
    granules->cool(now);
    EXPECT_EQ(hot(), (Runs{{0, granule}}));
    cool();
    EXPECT_EQ(cooled(), (Runs{{0, granule}})) << "it was said of others";
}

TEST_F(GranulesTest, that_differed_stay_hot_until_it_could_be_said_whether_they_differ_again) {
    make(granule, one_comparison);
    write({{0, 1}});
    now += 20 * ms;
    granules->differed({0, 1}, now);
    granules->cool(now);
    now += 20 * ms;
    granules->cool(now);
    EXPECT_EQ(hot(), (Runs{{0, granule}})) << "nothing was said since then";
    cool();
    EXPECT_EQ(cooled(), (Runs{{0, granule}}));
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
        make(3 * granule + 2, one_comparison);
        write({{0, 1}, {granule, 1}, {2 * granule, 1}, {3 * granule, 1}});
        now += constants::compared_within;
        granules->differed(example.differed, now);
        granules->cool(now);
        EXPECT_EQ(hot(), example.stays_hot) << example.differed.first << " " << example.differed.count;
    }
}

TEST_F(GranulesTest, that_cooled_are_news_only_where_others_were_written_with_them) {
    make(3 * granule, one_comparison);
    write({{granule, 1}});
    cool();
    EXPECT_FALSE(granules->written({granule, granule}));
    EXPECT_FALSE(granules->written({granule, 0}));
    EXPECT_TRUE(granules->written({0, 1}));
    EXPECT_TRUE(granules->written({granule - 1, 2}));
    EXPECT_TRUE(granules->written({2 * granule - 1, 2}));
    EXPECT_FALSE(granules->written({3 * granule, 1}));
}

TEST_F(GranulesTest, that_cooled_become_hot_when_the_next_scan_finds_them) {
    make(granule, one_comparison);
    write({{0, 1}});
    cool();
    write({{0, 1}});
    EXPECT_TRUE(hot().empty()) << "it was open until then";
    cool();
    write({{0, 1}});
    EXPECT_EQ(hot(), (Runs{{0, granule}}));
}

TEST_F(GranulesTest, are_all_cold_and_were_never_written_once_that_is_forgotten) {
    make(8 * granule);
    for (const bool afresh : {false, true}) {
        write({{0, 1}});
        granules->written({5 * granule, 1});
        if (afresh)
            ASSERT_TRUE(granules->resize(8 * granule, page_size, prices_of_comparisons));
        else
            granules->forget();
        EXPECT_EQ(cold(), (Runs{{0, 8 * granule}}));
        write({});
        EXPECT_TRUE(hot().empty());
    }
}

}  // namespace
}  // namespace hvfb
