// Stores into a surface, however they are noticed: collected, sent as damage or compared.
#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using ADisplay = DisplayFixture;

TEST_F(ADisplay, shows_a_store_that_a_tracked_client_announces) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(present(client, 1));
    client.pixel(17, 23) = 0x123456;
    client.damaged();
    auto collect = await(client, HVFB_COLLECT);
    ASSERT_TRUE(collect);
    std::uint32_t page = static_cast<std::uint32_t>(client.layout().offset(17, 23) / page_size());
    client.written(collect->as<hvfb_collect>().serial, 0, {{page, 1}});
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(17, 23) == 0x123456; }));
    EXPECT_TRUE(output.host_equals(display->front()));
    EXPECT_EQ(output.submitted().back(), (std::vector<Rectangle>{{17, 23, 18, 24}}));
}

TEST_F(ADisplay, shows_explicit_damage_without_asking) {
    RawClient client = open_explicit();
    client.pixel(5, 6) = 0xabcdef;
    client.pixel(50, 60) = 0xabcdef;
    dispatch_until([&] { return client.receive().has_value(); });
    client.damaged({0, 0, 10, 10});
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    EXPECT_EQ(front_pixel(5, 6), 0xabcdefu);
    client.damaged({50, 60, 51, 61});
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(50, 60) == 0xabcdef; }));
    while (auto message = client.receive())
        EXPECT_NE(message->type(), static_cast<std::uint32_t>(HVFB_COLLECT));
    EXPECT_EQ(display->statistics().unanswered, 0u);
}

TEST_F(ADisplay, finds_the_stores_of_a_client_without_a_tracker) {
    RawClient client = open();
    client.hello(0);
    dispatch_until([&] { return display->statistics().frames > 0; });
    client.pixel(1, 2) = 0x445566;
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(1, 2) == 0x445566; }));
    EXPECT_EQ(display->surfaces().active()->tracking_state(), "polled");
}

TEST_F(ADisplay, compares_a_polled_surface_four_times_a_second_while_it_finds_nothing) {
    RawClient client = open();
    client.hello(0);
    dispatch_until([] { return false; }, 1500ms);
    auto before = display->statistics().empty_looks;
    dispatch_until([] { return false; }, 1000ms);
    auto compares = display->statistics().empty_looks - before;
    // From below only that it goes on: a busy machine may come late, but never early.
    EXPECT_GE(compares, 1u);
    EXPECT_LE(compares, 5u);
}

TEST_F(ADisplay, does_nothing_at_rest) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(present(client, 1));
    pass_rechecks();
    EXPECT_FALSE(loop.run_once(700ms));
}

TEST_F(ADisplay, asks_again_while_stores_would_not_be_announced_and_says_what_differed) {
    RawClient client = open();
    client.hello(full_tracker);
    auto collect = await(client, HVFB_COLLECT);
    ASSERT_TRUE(collect);
    client.written(collect->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING | HVFB_WRITTEN_UNPROTECTED);
    auto compared = await(client, HVFB_COMPARED);
    ASSERT_TRUE(compared);
    collect = await(client, HVFB_COLLECT);
    ASSERT_TRUE(collect);
    client.pixel(0, 0) = 1;
    client.written(collect->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING | HVFB_WRITTEN_UNPROTECTED);
    compared = await(client, HVFB_COMPARED);
    ASSERT_TRUE(compared);
    EXPECT_EQ(compared->as<hvfb_compared>().serial, collect->as<hvfb_collect>().serial);
    ASSERT_EQ(compared->as<hvfb_compared>().count, 1u);
    hvfb_page_range range;
    std::memcpy(&range, compared->bytes.data() + sizeof(hvfb_compared), sizeof range);
    EXPECT_EQ(range.first, 0u);
    EXPECT_EQ(range.count, 1u);
}

TEST_F(ADisplay, compares_everything_and_goes_on_when_a_collection_is_not_answered) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(present(client, 1));
    client.pixel(100, 100) = 0x778899;
    client.damaged();
    ASSERT_TRUE(await(client, HVFB_COLLECT));
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(100, 100) == 0x778899; }));
    EXPECT_GE(display->statistics().unanswered, 1u);
}

TEST_F(ADisplay, rests_though_a_client_never_answers) {
    without_recheck();
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(await(client, HVFB_COLLECT));
    dispatch_until([] { return false; }, 2500ms);
    EXPECT_FALSE(loop.run_once(500ms));
    EXPECT_TRUE(observer.violations.empty());
}

TEST_F(ADisplay, takes_an_answer_that_comes_late) {
    RawClient client = open();
    client.hello(full_tracker);
    auto collect = await(client, HVFB_COLLECT);
    ASSERT_TRUE(collect);
    dispatch_until([] { return false; }, 2500ms);
    client.pixel(3, 3) = 0x10203;
    client.written(collect->as<hvfb_collect>().serial, 0, {{0, 100}});
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(3, 3) == 0x10203; }));
    client.damaged();
    EXPECT_TRUE(await(client, HVFB_COLLECT));
}

TEST_F(ADisplay, a_frame_that_was_asked_for_while_an_answer_was_on_its_way_is_answered_by_the_next_compare) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(present(client, 1));
    client.frame(2);
    auto collect = await(client, HVFB_COLLECT);
    ASSERT_TRUE(collect);
    // Stored after the client has scanned, and so not in its answer.
    client.pixel(7, 7) = 0x77;
    client.frame(3);
    client.written(collect->as<hvfb_collect>().serial, 0);
    auto presented = await(client, HVFB_PRESENTED);
    ASSERT_TRUE(presented);
    EXPECT_EQ(presented->as<hvfb_presented>().frame, 2u);
    EXPECT_TRUE(present(client, 3));
    EXPECT_EQ(front_pixel(7, 7), 0x77u);
}

}  // namespace
}  // namespace hvfbd::testing
