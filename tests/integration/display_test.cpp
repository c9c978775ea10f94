// From a client's frame to the host's picture: presented, answered, inhibited, hidden.
#include <thread>

#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using ADisplay = DisplayFixture;

TEST_F(ADisplay, refresh_presents_the_whole_picture_once) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    auto frames = display->statistics().frames;
    display->refresh(loop.now());
    display->update(loop.now());
    ASSERT_TRUE(dispatch_until([&] { return display->statistics().frames > frames; }));
    EXPECT_EQ(output.submitted().back(), std::vector{display->layout().rectangle()});
    dispatch_until([] { return false; }, 200ms);
    EXPECT_EQ(display->statistics().frames, frames + 1);
}

TEST_F(ADisplay, a_refused_present_loses_nothing) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    output.refuse_next(3);
    client.pixel(9, 9) = 0x99;
    client.damaged({9, 9, 10, 10});
    client.frame(2);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    EXPECT_EQ(display->statistics().refused, 3u);
    EXPECT_TRUE(output.host_equals(display->front()));
    EXPECT_EQ(front_pixel(9, 9), 0x99u);
}

TEST_F(ADisplay, keeps_half_drawn_frames_back_but_not_for_ever) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    Time begun = clock_now();
    client.send(HVFB_BEGIN, hvfb_begin{});
    client.pixel(1, 1) = 0x77;
    client.damaged({0, 0, 10, 10});
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(1, 1) == 0x77; }));
    EXPECT_GE(clock_now() - begun, FrameScheduler::longest_open_frame);

    client.send(HVFB_BEGIN, hvfb_begin{});
    client.pixel(1, 1) = 0x88;
    client.damaged({0, 0, 10, 10});
    client.send(HVFB_END, hvfb_end{});
    client.frame(2);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    EXPECT_EQ(front_pixel(1, 1), 0x88u);
}

TEST_F(ADisplay, keeps_a_half_drawn_frame_back_over_a_time_in_which_the_daemon_was_stopped) {
    RawClient client = open_explicit();
    ASSERT_TRUE(present(client, 1));
    client.pixel(1, 1) = 0x77;
    client.send(HVFB_BEGIN, hvfb_begin{});
    client.damaged({0, 0, 10, 10});
    dispatch_while_ready();
    // Nothing runs the loop: as if the process, or its machine, were stopped.
    std::this_thread::sleep_for(3 * FrameScheduler::longest_open_frame);
    dispatch_while_ready();
    EXPECT_EQ(front_pixel(1, 1), 0u);
    client.send(HVFB_END, hvfb_end{});
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(1, 1) == 0x77; }));
}

TEST_F(ADisplay, does_not_say_that_a_frame_is_not_shown_since_the_daemon_was_stopped) {
    RawClient client = open({"test", false, false});
    client.hello(full_tracker);
    ASSERT_TRUE(present(client, 1));
    client.pixel(0, 0) = 5;
    client.frame(2);
    dispatch_while_ready();
    std::this_thread::sleep_for(1300ms);
    for (bool answered = false; !answered;) {
        ASSERT_TRUE(loop.run_once(5s));
        while (auto received = client.receive()) {
            if (received->type() == HVFB_COLLECT)
                client.written(received->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING);
            if (received->type() != HVFB_PRESENTED) continue;
            answered = true;
            EXPECT_EQ(received->as<hvfb_presented>().flags & HVFB_PRESENTED_NOT_SHOWN, 0u);
        }
    }
    EXPECT_EQ(front_pixel(0, 0), 5u);
}

TEST_F(ADisplay, answers_a_frame_when_nothing_changed) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    client.frame(2);
    auto presented = await(client, HVFB_PRESENTED);
    ASSERT_TRUE(presented);
    EXPECT_EQ(presented->as<hvfb_presented>().frame, 2u);
    EXPECT_EQ(presented->as<hvfb_presented>().flags, 0u);
}

TEST_F(ADisplay, answers_a_frame_that_is_never_presented) {
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

TEST_F(ADisplay, copies_and_presents_nothing_while_hidden_and_everything_when_shown) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    output.set_visible(false);
    display->update(loop.now());
    auto before = display->statistics();
    client.pixel(0, 0) = 5;
    client.damaged({0, 0, 1, 1});
    client.frame(2);
    auto presented = await(client, HVFB_PRESENTED);
    ASSERT_TRUE(presented);
    EXPECT_EQ(presented->as<hvfb_presented>().flags, HVFB_PRESENTED_NOT_SHOWN);
    EXPECT_EQ(display->statistics().frames, before.frames);
    EXPECT_EQ(display->statistics().bytes_copied, before.bytes_copied);
    EXPECT_FALSE(loop.run_once(300ms));

    output.forget_host_picture();
    output.set_visible(true);
    display->update(loop.now());
    ASSERT_TRUE(dispatch_until([&] { return display->statistics().frames > before.frames; }));
    EXPECT_EQ(front_pixel(0, 0), 5u);
    EXPECT_TRUE(output.host_equals(display->front()));
}

TEST_F(ADisplay, hidden_or_covered_clients_are_told_to_stop_tracking_and_told_to_start_again) {
    RawClient client = open();
    client.hello(full_tracker);
    auto state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().tracking, static_cast<std::uint32_t>(HVFB_TRACKING_AUTO));
    output.set_visible(false);
    display->update(loop.now());
    state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().tracking, static_cast<std::uint32_t>(HVFB_TRACKING_OFF));
    EXPECT_EQ(state->as<hvfb_state>().flags, HVFB_STATE_ACTIVE);
    output.set_visible(true);
    display->update(loop.now());
    state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().tracking, static_cast<std::uint32_t>(HVFB_TRACKING_AUTO));

    RawClient above = open_explicit("above");
    display->update(loop.now());
    state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().tracking, static_cast<std::uint32_t>(HVFB_TRACKING_OFF));
    EXPECT_EQ(state->as<hvfb_state>().flags, HVFB_STATE_VISIBLE);
}

TEST_F(ADisplay, says_its_last_picture_when_it_goes_down) {
    RawClient client = open();
    client.hello(full_tracker);
    client.pixel(1, 1) = 0x1;
    display->finish(loop.now());
    EXPECT_EQ(front_pixel(1, 1), 1u);
    EXPECT_TRUE(output.host_equals(display->front()));
    EXPECT_EQ(output.submitted().back(), std::vector{display->layout().rectangle()});
}

class ADisplayWithPaddedRows : public DisplayFixture {
  protected:
    ADisplayWithPaddedRows() : DisplayFixture({203, 101}, 203 * 4 + 52) {}
};

TEST_F(ADisplayWithPaddedRows, shows_every_corner) {
    RawClient client = open_explicit();
    for (auto [x, y] : {std::pair{0u, 0u}, {202u, 0u}, {0u, 100u}, {202u, 100u}})
        client.pixel(x, y) = x * 1000 + y + 1;
    client.damaged({0, 0, 203, 101});
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    for (auto [x, y] : {std::pair{0u, 0u}, {202u, 0u}, {0u, 100u}, {202u, 100u}})
        EXPECT_EQ(front_pixel(x, y), x * 1000 + y + 1);
    EXPECT_TRUE(output.host_equals(display->front()));
}

}  // namespace
}  // namespace hvfbd::testing
