#include <gtest/gtest.h>

#include "simulated_memory.h"
#include "tracking/mutation.h"

namespace hvfb {
namespace {

// Lets everything happen in any order, and counts the pages that were lost wherever all had come to rest.
std::size_t lost_in(Capabilities capabilities, unsigned seed, int steps, bool tell_what_differed = true) {
    SimulatedMemory memory(300, capabilities, seed);
    memory.tell_what_differed = tell_what_differed;
    memory.want(Tracking::automatic, 50'000'000);
    std::size_t lost = 0;
    for (int step = 0; step < steps; ++step) {
        const std::uint32_t chance = memory.any(1000);
        if (chance < 500)
            memory.run_threads();
        else if (chance < 800)
            memory.serve_a_fault();
        else if (chance < 840)
            memory.watch_burst();
        else if (chance < 900 && (memory.damaged || memory.unprotected))
            memory.collect();
        else if (chance < 901)
            memory.collect();
        else if (chance < 903)
            memory.want(static_cast<Tracking>(memory.any(5)), memory.any(3) * 50'000'000);
        else if (chance < 905)
            memory.want(Tracking::automatic, 50'000'000);
        else if (chance < 995)
            memory.now += memory.any(20'000'000);
        else if (chance < 997)
            memory.now += memory.any(400'000'000);
        else if (memory.policy.state() != TrackerState::off) {
            memory.come_to_rest();
            lost += memory.lost();
            memory.forgive();
        }
    }
    return lost;
}

class PolicyModel : public testing::Test {
  protected:
    ~PolicyModel() override { mutation = Mutation::none; }
};

TEST_F(PolicyModel, every_store_is_reported_in_the_end_whatever_the_kernel_can_do) {
    for (const bool announce : {false, true})
        for (const bool scan : {false, true})
            for (unsigned seed = 1; seed <= 4; ++seed)
                EXPECT_EQ(lost_in({announce, scan}, seed, 25'000), 0u) << announce << scan << seed;
}

TEST_F(PolicyModel, every_store_is_reported_in_the_end_by_a_daemon_that_does_not_say_what_differed) {
    EXPECT_EQ(lost_in({true, true}, 1, 50'000, false), 0u);
    EXPECT_EQ(lost_in({true, false}, 2, 50'000, false), 0u);
}

TEST_F(PolicyModel, loses_stores_when_a_change_is_not_followed_by_a_whole_report) {
    mutation = Mutation::no_whole_report_after_change;
    EXPECT_GT(lost_in({true, true}, 1, 25'000), 0u);
}

TEST_F(PolicyModel, loses_stores_when_it_reports_before_it_protects) {
    mutation = Mutation::report_before_protect;
    EXPECT_GT(lost_in({true, true}, 1, 25'000), 0u);
}

TEST_F(PolicyModel, loses_stores_when_it_protects_what_became_cold_after_the_report) {
    mutation = Mutation::protect_after_report_when_cold;
    std::size_t lost = 0;
    for (unsigned seed = 1; seed <= 8; ++seed) lost += lost_in({false, true}, seed, 25'000);
    EXPECT_GT(lost, 0u);
}

TEST_F(PolicyModel, always_comes_to_rest_when_nothing_is_stored) {
    for (const bool scan : {false, true}) {
        SimulatedMemory memory(300, {true, scan}, 7);
        memory.want(Tracking::automatic, 50'000'000);
        for (int round = 0; round < 200; ++round) {
            for (int i = 0; i < 50; ++i) {
                memory.run_threads();
                memory.serve_a_fault();
                if (memory.any(10) == 0) memory.collect();
                memory.now += memory.any(3'000'000);
            }
            memory.come_to_rest();
            EXPECT_EQ(memory.policy.state(), TrackerState::resting);
            EXPECT_FALSE(memory.unprotected);
            EXPECT_FALSE(memory.damaged);
            EXPECT_EQ(memory.lost(), 0u);
        }
    }
}

}  // namespace
}  // namespace hvfb
