#include "pipeline_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
constexpr std::uint32_t full_tracker = HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN;

using APipeline = PipelineFixture;

TEST_F(APipeline, shows_a_store_that_a_tracked_client_announces) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(present(client, 1));
    client.pixel(17, 23) = 0x123456;
    client.damaged();
    auto collect = await(client, HVFB_COLLECT);
    ASSERT_TRUE(collect);
    std::uint32_t page = static_cast<std::uint32_t>(client.layout().offset(17, 23) / page_size());
    client.written(collect->as<hvfb_collect>().serial, 0, {{page, 1}});
    ASSERT_TRUE(turn_until([&] { return front_pixel(17, 23) == 0x123456; }));
    EXPECT_TRUE(output.host_equals(pipeline->front()));
    EXPECT_EQ(output.told().back(), (std::vector<Rectangle>{{17, 23, 18, 24}}));
}

TEST_F(APipeline, shows_explicit_damage_without_asking) {
    RawClient client = open_explicit();
    client.pixel(5, 6) = 0xabcdef;
    client.pixel(50, 60) = 0xabcdef;
    turn_until([&] { return client.receive().has_value(); });
    client.damaged({0, 0, 10, 10});
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    EXPECT_EQ(front_pixel(5, 6), 0xabcdefu);
    client.damaged({50, 60, 51, 61});
    ASSERT_TRUE(turn_until([&] { return front_pixel(50, 60) == 0xabcdef; }));
    while (auto message = client.receive())
        EXPECT_NE(message->type(), static_cast<std::uint32_t>(HVFB_COLLECT));
}

TEST_F(APipeline, finds_the_stores_of_a_client_without_a_tracker) {
    RawClient client = open();
    client.hello(0);
    turn_until([&] { return pipeline->statistics().frames > 0; });
    client.pixel(1, 2) = 0x445566;
    EXPECT_TRUE(turn_until([&] { return front_pixel(1, 2) == 0x445566; }));
    EXPECT_EQ(pipeline->surfaces().active()->tracking_state(), "polled");
}

TEST_F(APipeline, looks_at_a_polled_surface_four_times_a_second_while_it_finds_nothing) {
    RawClient client = open();
    client.hello(0);
    turn_until([] { return false; }, 1500ms);
    auto before = pipeline->statistics().empty_looks;
    turn_until([] { return false; }, 1000ms);
    auto looks = pipeline->statistics().empty_looks - before;
    // From below only that it goes on: a busy machine may come late, but never early.
    EXPECT_GE(looks, 1u);
    EXPECT_LE(looks, 5u);
}

TEST_F(APipeline, does_nothing_at_rest) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(present(client, 1));
    turn_until([] { return false; }, 300ms);
    EXPECT_FALSE(loop.run_once(700ms));
}

TEST_F(APipeline, asks_again_while_stores_would_not_be_announced_and_tells_what_differed) {
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

TEST_F(APipeline, compares_everything_and_goes_on_when_a_collection_is_not_answered) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(present(client, 1));
    client.pixel(100, 100) = 0x778899;
    client.damaged();
    ASSERT_TRUE(await(client, HVFB_COLLECT));
    EXPECT_TRUE(turn_until([&] { return front_pixel(100, 100) == 0x778899; }));
    EXPECT_GE(pipeline->statistics().unanswered, 1u);
}

TEST_F(APipeline, rests_though_a_client_never_answers) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(await(client, HVFB_COLLECT));
    turn_until([] { return false; }, 2500ms);
    EXPECT_FALSE(loop.run_once(500ms));
    EXPECT_TRUE(report.violations.empty());
}

TEST_F(APipeline, takes_an_answer_that_comes_late) {
    RawClient client = open();
    client.hello(full_tracker);
    auto collect = await(client, HVFB_COLLECT);
    ASSERT_TRUE(collect);
    turn_until([] { return false; }, 2500ms);
    client.pixel(3, 3) = 0x10203;
    client.written(collect->as<hvfb_collect>().serial, 0, {{0, 100}});
    EXPECT_TRUE(turn_until([&] { return front_pixel(3, 3) == 0x10203; }));
    client.damaged();
    EXPECT_TRUE(await(client, HVFB_COLLECT));
}

TEST_F(APipeline, keeps_the_limit_between_presents) {
    Tuning tuning = pipeline->tuning();
    tuning.refresh_limit = 50;
    pipeline->set_tuning(tuning, loop.now());
    RawClient client = open_explicit();
    auto frames = pipeline->statistics().frames;
    std::uint32_t value = 0;
    Time begin = clock_now();
    turn_until(
        [&] {
            client.pixel(0, 0) = ++value;
            client.damaged({0, 0, 1, 1});
            return false;
        },
        400ms);
    double seconds = std::chrono::duration<double>(clock_now() - begin).count();
    EXPECT_LE(static_cast<double>(pipeline->statistics().frames - frames), seconds * 50 + 2);
    EXPECT_GE(pipeline->statistics().frames - frames, 2u);
}

TEST_F(APipeline, a_new_limit_takes_effect_with_the_next_frame) {
    Tuning tuning = pipeline->tuning();
    tuning.refresh_limit = 1;
    pipeline->set_tuning(tuning, loop.now());
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    client.pixel(0, 0) = 1;
    client.damaged({0, 0, 1, 1});
    turn_until([] { return false; }, 100ms);
    EXPECT_EQ(front_pixel(0, 0), 0u);
    tuning.refresh_limit = 1000;
    pipeline->set_tuning(tuning, loop.now());
    pipeline->update(loop.now());
    Time told = clock_now();
    EXPECT_TRUE(turn_until([&] { return front_pixel(0, 0) == 1; }));
    EXPECT_LT(clock_now() - told, 1s) << "it did not wait for what the old limit would have let";
}

TEST_F(APipeline, waits_for_the_settle_delay_after_rest) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    turn_until([] { return false; }, 60ms);
    Tuning tuning = pipeline->tuning();
    tuning.settle_delay = 80ms;
    pipeline->set_tuning(tuning, loop.now());
    Time stored = clock_now();
    client.pixel(0, 0) = 1;
    client.damaged({0, 0, 1, 1});
    ASSERT_TRUE(turn_until([&] { return front_pixel(0, 0) == 1; }));
    EXPECT_GE(clock_now() - stored, 80ms);
}

TEST_F(APipeline, tells_no_more_rectangles_than_it_may_from_the_next_frame_on) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    std::uint64_t frame = 1;
    for (std::uint32_t most : {1u, 5u, 255u}) {
        Tuning tuning = pipeline->tuning();
        tuning.max_rects = most;
        pipeline->set_tuning(tuning, loop.now());
        for (std::uint32_t i = 0; i < 40; ++i) ++client.pixel(i * 7, i * 5);
        client.damaged({0, 0, 320, 200});
        client.frame(++frame);
        ASSERT_TRUE(await(client, HVFB_PRESENTED));
        EXPECT_EQ(output.told().back().size(), std::min(most, 40u));
        EXPECT_TRUE(output.host_equals(pipeline->front()));
    }
}

TEST_F(APipeline, tells_its_clients_the_limit_and_the_idle_time_out) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(await(client, HVFB_STATE));
    Tuning tuning = pipeline->tuning();
    tuning.refresh_limit = 100;
    tuning.idle_timeout = 7ms;
    pipeline->set_tuning(tuning, loop.now());
    pipeline->update(loop.now());
    auto state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().interval, 10'000'000u);
    EXPECT_EQ(state->as<hvfb_state>().idle_timeout, 7'000'000u);
}

TEST_F(APipeline, presents_everything_at_the_limit_in_periodic_mode) {
    Tuning tuning = pipeline->tuning();
    tuning.refresh_mode = Tuning::RefreshMode::periodic;
    pipeline->set_tuning(tuning, loop.now());
    pipeline->update(loop.now());
    auto frames = pipeline->statistics().frames;
    turn_until([] { return false; }, 500ms);
    EXPECT_GE(pipeline->statistics().frames - frames, 2u);
    EXPECT_LE(pipeline->statistics().frames - frames, 12u);
    EXPECT_EQ(output.told().back(), std::vector{pipeline->layout().rectangle()});
}

TEST_F(APipeline, refresh_tells_the_whole_picture_once) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    auto frames = pipeline->statistics().frames;
    pipeline->refresh(loop.now());
    pipeline->update(loop.now());
    ASSERT_TRUE(turn_until([&] { return pipeline->statistics().frames > frames; }));
    EXPECT_EQ(output.told().back(), std::vector{pipeline->layout().rectangle()});
    turn_until([] { return false; }, 200ms);
    EXPECT_EQ(pipeline->statistics().frames, frames + 1);
}

TEST_F(APipeline, a_refused_present_loses_nothing) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    output.refuse_next(3);
    client.pixel(9, 9) = 0x99;
    client.damaged({9, 9, 10, 10});
    client.frame(2);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    EXPECT_EQ(pipeline->statistics().refused, 3u);
    EXPECT_TRUE(output.host_equals(pipeline->front()));
    EXPECT_EQ(front_pixel(9, 9), 0x99u);
}

TEST_F(APipeline, keeps_half_drawn_frames_back_but_not_for_ever) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    Time begun = clock_now();
    client.send(HVFB_BEGIN, hvfb_begin{});
    client.pixel(1, 1) = 0x77;
    client.damaged({0, 0, 10, 10});
    EXPECT_TRUE(turn_until([&] { return front_pixel(1, 1) == 0x77; }));
    EXPECT_GE(clock_now() - begun, Holds::longest_frame);

    client.send(HVFB_BEGIN, hvfb_begin{});
    client.pixel(1, 1) = 0x88;
    client.damaged({0, 0, 10, 10});
    client.send(HVFB_END, hvfb_end{});
    client.frame(2);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    EXPECT_EQ(front_pixel(1, 1), 0x88u);
}

TEST_F(APipeline, answers_a_frame_when_nothing_changed) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    client.frame(2);
    auto presented = await(client, HVFB_PRESENTED);
    ASSERT_TRUE(presented);
    EXPECT_EQ(presented->as<hvfb_presented>().frame, 2u);
    EXPECT_EQ(presented->as<hvfb_presented>().flags, 0u);
}

TEST_F(APipeline, answers_a_frame_that_is_never_presented) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    output.refuse_next(1000000);
    client.pixel(0, 0) = 5;
    client.damaged({0, 0, 1, 1});
    client.frame(2);
    auto presented = await(client, HVFB_PRESENTED);
    ASSERT_TRUE(presented);
    EXPECT_EQ(presented->as<hvfb_presented>().flags, HVFB_PRESENTED_NOT_SHOWN);
}

TEST_F(APipeline, copies_and_tells_nothing_while_hidden_and_everything_when_shown) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    output.set_visible(false);
    pipeline->update(loop.now());
    auto before = pipeline->statistics();
    client.pixel(0, 0) = 5;
    client.damaged({0, 0, 1, 1});
    client.frame(2);
    auto presented = await(client, HVFB_PRESENTED);
    ASSERT_TRUE(presented);
    EXPECT_EQ(presented->as<hvfb_presented>().flags, HVFB_PRESENTED_NOT_SHOWN);
    EXPECT_EQ(pipeline->statistics().frames, before.frames);
    EXPECT_EQ(pipeline->statistics().bytes_copied, before.bytes_copied);
    EXPECT_FALSE(loop.run_once(300ms));

    output.forget_host_picture();
    output.set_visible(true);
    pipeline->update(loop.now());
    ASSERT_TRUE(turn_until([&] { return pipeline->statistics().frames > before.frames; }));
    EXPECT_EQ(front_pixel(0, 0), 5u);
    EXPECT_TRUE(output.host_equals(pipeline->front()));
}

TEST_F(APipeline, hidden_or_covered_clients_are_told_to_stop_tracking_and_told_to_start_again) {
    RawClient client = open();
    client.hello(full_tracker);
    auto state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().tracking, static_cast<std::uint32_t>(HVFB_TRACKING_AUTO));
    output.set_visible(false);
    pipeline->update(loop.now());
    state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().tracking, static_cast<std::uint32_t>(HVFB_TRACKING_OFF));
    EXPECT_EQ(state->as<hvfb_state>().flags, HVFB_STATE_ACTIVE);
    output.set_visible(true);
    pipeline->update(loop.now());
    state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().tracking, static_cast<std::uint32_t>(HVFB_TRACKING_AUTO));

    RawClient above = open_explicit("above");
    pipeline->update(loop.now());
    state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().tracking, static_cast<std::uint32_t>(HVFB_TRACKING_OFF));
    EXPECT_EQ(state->as<hvfb_state>().flags, HVFB_STATE_VISIBLE);
}

TEST_F(APipeline, goes_on_while_hidden_if_it_is_told_to) {
    Tuning tuning = pipeline->tuning();
    tuning.when_hidden = Tuning::WhenHidden::ignore;
    pipeline->set_tuning(tuning, loop.now());
    RawClient client = open_explicit();
    output.set_visible(false);
    pipeline->update(loop.now());
    client.pixel(0, 0) = 6;
    client.damaged({0, 0, 1, 1});
    EXPECT_TRUE(turn_until([&] { return front_pixel(0, 0) == 6; }));
}

TEST_F(APipeline, shows_the_surface_below_when_the_top_one_closes_and_black_when_none_is_left) {
    RawClient below = open_explicit("below");
    below.pixel(0, 0) = 0x11;
    below.damaged({0, 0, 1, 1});
    ASSERT_TRUE(turn_until([&] { return front_pixel(0, 0) == 0x11; }));
    RawClient above = open_explicit("above");
    above.pixel(0, 0) = 0x22;
    above.damaged({0, 0, 1, 1});
    pipeline->update(loop.now());
    ASSERT_TRUE(turn_until([&] { return front_pixel(0, 0) == 0x22; }));
    above.hang_up();
    ASSERT_TRUE(turn_until([&] { return front_pixel(0, 0) == 0x11; }));
    below.hang_up();
    ASSERT_TRUE(turn_until([&] { return front_pixel(0, 0) == 0; }));
    EXPECT_TRUE(output.host_equals(pipeline->front()));
}

TEST_F(APipeline, activate_puts_a_surface_on_top_and_close_revokes_it) {
    RawClient first = open_explicit("first");
    RawClient second = open_explicit("second");
    first.pixel(0, 0) = 0x11;
    pipeline->activate(1, loop.now());
    pipeline->update(loop.now());
    ASSERT_TRUE(turn_until([&] { return front_pixel(0, 0) == 0x11; }));
    pipeline->close_surface(1, loop.now());
    pipeline->update(loop.now());
    EXPECT_TRUE(await(first, HVFB_REVOKED));
    first.pixel(0, 0) = 0x12;
    EXPECT_TRUE(turn_until([&] { return front_pixel(0, 0) == 0; }));
    EXPECT_THROW(pipeline->activate(1, loop.now()), Refusal);
}

TEST_F(APipeline, a_kept_picture_stays_and_its_next_client_starts_from_it) {
    {
        RawClient client = open({"kept", true, true});
        client.hello(0);
        client.pixel(7, 7) = 0x77;
        client.damaged({7, 7, 8, 8});
        ASSERT_TRUE(turn_until([&] { return front_pixel(7, 7) == 0x77; }));
        EXPECT_THROW(open({"kept", true, true}), Refusal);
    }
    ASSERT_TRUE(turn_until([&] { return pipeline->surfaces().active()->client() == nullptr; }));
    turn_until([] { return false; }, 100ms);
    EXPECT_EQ(front_pixel(7, 7), 0x77u);
    RawClient other_user = open({"kept", true, true}, 1001);
    EXPECT_EQ(other_user.pixel(7, 7), 0u);
    RawClient again = open({"kept", true, true});
    EXPECT_EQ(again.pixel(7, 7), 0x77u);
    EXPECT_EQ(pipeline->surfaces().all().size(), 2u);
}

TEST_F(APipeline, offers_a_new_buffer_when_the_mode_changes_and_shows_the_old_one_until_it_is_taken) {
    RawClient client = open_explicit();
    client.pixel(3, 4) = 0x34;
    client.damaged({3, 4, 4, 5});
    ASSERT_TRUE(turn_until([&] { return front_pixel(3, 4) == 0x34; }));
    RawClient viewer = view();
    viewer.hello(0);

    pipeline->set_mode({400, 300}, loop.now());
    pipeline->update(loop.now());
    auto configure = await(client, HVFB_CONFIGURE);
    ASSERT_TRUE(configure);
    ASSERT_TRUE(configure->attached);
    auto message = configure->as<hvfb_configure>();
    EXPECT_EQ(message.layout.width, 400u);
    ASSERT_TRUE(await(viewer, HVFB_CONFIGURE));

    client.pixel(5, 5) = 0x55;
    client.damaged({5, 5, 6, 6});
    ASSERT_TRUE(turn_until([&] { return front_pixel(5, 5) == 0x55; }));
    EXPECT_EQ(front_pixel(3, 4), 0x34u);
    EXPECT_EQ(pipeline->layout().width, 400u);

    Layout layout{message.layout.width, message.layout.height, message.layout.stride, message.layout.format,
                  message.layout.size};
    Mapping pixels{configure->attached, layout.size, Mapping::Access::read_write};
    auto at = [&](std::uint32_t x, std::uint32_t y) {
        return reinterpret_cast<std::uint32_t*>(pixels.bytes().data() + layout.offset(x, y));
    };
    EXPECT_EQ(*at(3, 4), 0x34u);
    *at(399, 299) = 0xff;
    client.send(HVFB_CONFIGURED, hvfb_configured{{}, message.serial});
    ASSERT_TRUE(turn_until([&] { return front_pixel(399, 299) == 0xff; }));
    EXPECT_EQ(front_pixel(5, 5), 0u) << "what was drawn into the old buffer after the offer stays there";
    EXPECT_TRUE(output.host_equals(pipeline->front()));
}

TEST_F(APipeline, tells_viewers_what_changed_when_they_ask) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    RawClient viewer = view();
    viewer.hello(0);
    viewer.send(HVFB_NEXT, hvfb_next{});
    auto first = await(viewer, HVFB_FRAME_READY);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->as<hvfb_frame_ready>().count, 1u) << "the whole picture";
    client.pixel(2, 2) = 2;
    client.damaged({2, 2, 3, 3});
    client.frame(2);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    client.pixel(20, 2) = 2;
    client.damaged({20, 2, 21, 3});
    client.frame(3);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    EXPECT_FALSE(viewer.receive()) << "it has not asked";
    viewer.send(HVFB_NEXT, hvfb_next{});
    auto second = await(viewer, HVFB_FRAME_READY);
    ASSERT_TRUE(second);
    EXPECT_EQ(second->as<hvfb_frame_ready>().count, 2u);
    EXPECT_EQ(viewer.pixel(2, 2), 2u);
}

TEST_F(APipeline, the_first_viewer_after_a_time_unseen_is_not_told_the_old_picture) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    output.set_visible(false);
    pipeline->update(loop.now());
    client.pixel(8, 8) = 0x88;
    RawClient viewer = view();
    viewer.hello(0);
    viewer.send(HVFB_NEXT, hvfb_next{});
    pipeline->update(loop.now());
    ASSERT_TRUE(await(viewer, HVFB_FRAME_READY));
    EXPECT_EQ(viewer.pixel(8, 8), 0x88u);
}

TEST_F(APipeline, says_its_last_picture_when_it_goes_down) {
    RawClient client = open();
    client.hello(full_tracker);
    client.pixel(1, 1) = 0x1;
    pipeline->finish(loop.now());
    EXPECT_EQ(front_pixel(1, 1), 1u);
    EXPECT_TRUE(output.host_equals(pipeline->front()));
    EXPECT_EQ(output.told().back(), std::vector{pipeline->layout().rectangle()});
}

class APipelineWithPaddedRows : public PipelineFixture {
  protected:
    APipelineWithPaddedRows() : PipelineFixture({203, 101}, 203 * 4 + 52) {}
};

TEST_F(APipelineWithPaddedRows, shows_every_corner) {
    RawClient client = open_explicit();
    for (auto [x, y] : {std::pair{0u, 0u}, {202u, 0u}, {0u, 100u}, {202u, 100u}})
        client.pixel(x, y) = x * 1000 + y + 1;
    client.damaged({0, 0, 203, 101});
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    for (auto [x, y] : {std::pair{0u, 0u}, {202u, 0u}, {0u, 100u}, {202u, 100u}})
        EXPECT_EQ(front_pixel(x, y), x * 1000 + y + 1);
    EXPECT_TRUE(output.host_equals(pipeline->front()));
}

}  // namespace
}  // namespace hvfbd::testing
