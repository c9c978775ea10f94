// What is set of a display: each value does what it says, from the next frame on.
#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using ADisplay = DisplayFixture;

TEST_F(ADisplay, keeps_the_limit_between_presents) {
    DisplaySettings settings = display->settings();
    settings.refresh_limit = 50;
    display->change_settings(settings, loop.now());
    RawClient client = open_explicit();
    auto frames = display->statistics().frames;
    std::uint32_t value = 0;
    Time begin = clock_now();
    dispatch_until(
        [&] {
            client.pixel(0, 0) = ++value;
            client.damaged({0, 0, 1, 1});
            return false;
        },
        400ms);
    double seconds = std::chrono::duration<double>(clock_now() - begin).count();
    EXPECT_LE(static_cast<double>(display->statistics().frames - frames), seconds * 50 + 2);
    EXPECT_GE(display->statistics().frames - frames, 2u);
}

TEST_F(ADisplay, asks_a_host_that_takes_nothing_no_more_often_than_one_that_does) {
    for (auto mode : {DisplaySettings::RefreshMode::on_demand, DisplaySettings::RefreshMode::periodic}) {
        DisplaySettings settings = display->settings();
        settings.refresh_limit = 50;
        settings.refresh_mode = mode;
        display->change_settings(settings, loop.now());
        RawClient client = open_explicit();
        output.refuse_next(1'000'000);
        auto refused = display->statistics().refused;
        Time begin = clock_now();
        dispatch_until(
            [&] {
                client.pixel(0, 0) += 1;
                client.damaged({0, 0, 1, 1});
                return false;
            },
            300ms);
        double seconds = std::chrono::duration<double>(clock_now() - begin).count();
        EXPECT_LE(static_cast<double>(display->statistics().refused - refused), seconds * 50 + 2);
        EXPECT_GE(display->statistics().refused - refused, 2u);
        output.refuse_next(0);
        EXPECT_TRUE(dispatch_until([&] { return output.host_equals(display->front()); }));
    }
}

TEST_F(ADisplay, submits_to_an_output_no_more_rectangles_a_frame_than_it_takes) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    std::uint64_t frame = 1;
    for (std::size_t most : {4u, 1u, 1000u}) {
        output.take_at_most(most);
        for (std::uint32_t i = 0; i < 10; ++i) ++client.pixel(i * 7, i * 5);
        client.damaged({0, 0, 320, 200});
        client.frame(++frame);
        ASSERT_TRUE(await(client, HVFB_PRESENTED));
        EXPECT_EQ(output.submitted().back().size(), std::min<std::size_t>(most, 10));
        EXPECT_TRUE(output.host_equals(display->front()));
    }
}

TEST_F(ADisplay, waits_for_the_longest_settle_delay_before_it_says_that_a_frame_is_not_shown) {
    DisplaySettings settings = display->settings();
    settings.settle_delay = 1s;
    display->change_settings(settings, loop.now());
    RawClient client = open({"test", false, false});
    client.hello(full_tracker);
    ASSERT_TRUE(present(client, 1));
    client.pixel(1, 1) = 1;
    client.frame(2);
    std::optional<RawClient::Received> answer;
    dispatch_until([&] {
        while ((answer = client.receive())) {
            if (answer->type() == HVFB_COLLECT)
                client.written(answer->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING);
            if (answer->type() == HVFB_PRESENTED) return true;
        }
        return false;
    });
    ASSERT_TRUE(answer);
    EXPECT_FALSE(answer->as<hvfb_presented>().flags & HVFB_PRESENTED_NOT_SHOWN);
    EXPECT_EQ(front_pixel(1, 1), 1u);
}

TEST_F(ADisplay, says_that_its_modes_have_changed_once) {
    display->update(loop.now());
    EXPECT_EQ(observer.modes, 0u);
    output.set_modes({{640, 480}});
    display->update(loop.now());
    output.set_modes({{640, 480}});
    display->update(loop.now());
    EXPECT_EQ(observer.modes, 1u);
}

// The bus is answered when these return: a caller may have asked the next thing already, and a process that
// is killed then has answered.
TEST_F(ADisplay, has_saved_what_was_asked_of_it_when_it_returns) {
    SavedDisplay saved;
    RawClient first = open(), second = open();
    observer.on_persist = [&] { saved = display->save({}); };
    display->set_mode({400, 300}, loop.now());
    EXPECT_EQ(display->layout().width, 400u);
    EXPECT_EQ(saved.mode, (Mode{400, 300}));
    DisplaySettings settings = display->settings();
    settings.refresh_limit = 7;
    display->change_settings(settings, loop.now());
    EXPECT_EQ(std::ranges::count(saved.settings, std::pair<std::string, std::string>("RefreshLimit", "7")),
              1);
    SurfaceNumber below = display->surfaces().all().front()->number();
    if (display->surfaces().active()->number() == below) below = display->surfaces().all().back()->number();
    const auto before = saved.surfaces.front().number;
    display->activate(below, loop.now());
    ASSERT_EQ(saved.surfaces.size(), 2u);
    EXPECT_NE(saved.surfaces.front().number, before);
    display->close_surface(below, loop.now());
    EXPECT_EQ(saved.surfaces.size(), 1u);
    observer.on_persist = {};
}

TEST_F(ADisplay, a_new_limit_takes_effect_with_the_next_frame) {
    DisplaySettings settings = display->settings();
    settings.refresh_limit = 1;
    display->change_settings(settings, loop.now());
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    client.pixel(0, 0) = 1;
    client.damaged({0, 0, 1, 1});
    dispatch_until([] { return false; }, 100ms);
    EXPECT_EQ(front_pixel(0, 0), 0u);
    settings.refresh_limit = 1000;
    display->change_settings(settings, loop.now());
    display->update(loop.now());
    Time told = clock_now();
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 1; }));
    EXPECT_LT(clock_now() - told, 1s) << "it did not wait for what the old limit would have let";
}

TEST_F(ADisplay, waits_for_the_settle_delay_after_rest) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    dispatch_until([] { return false; }, 60ms);
    DisplaySettings settings = display->settings();
    settings.settle_delay = 80ms;
    display->change_settings(settings, loop.now());
    Time stored = clock_now();
    client.pixel(0, 0) = 1;
    client.damaged({0, 0, 1, 1});
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 1; }));
    EXPECT_GE(clock_now() - stored, 80ms);
}

TEST_F(ADisplay, submits_no_more_rectangles_than_it_may_from_the_next_frame_on) {
    RawClient client = open_explicit();
    client.frame(1);
    ASSERT_TRUE(await(client, HVFB_PRESENTED));
    std::uint64_t frame = 1;
    for (std::uint32_t most : {1u, 5u, 255u}) {
        DisplaySettings settings = display->settings();
        settings.max_rects = most;
        display->change_settings(settings, loop.now());
        for (std::uint32_t i = 0; i < 40; ++i) ++client.pixel(i * 7, i * 5);
        client.damaged({0, 0, 320, 200});
        client.frame(++frame);
        ASSERT_TRUE(await(client, HVFB_PRESENTED));
        EXPECT_EQ(output.submitted().back().size(), std::min(most, 40u));
        EXPECT_TRUE(output.host_equals(display->front()));
    }
}

TEST_F(ADisplay, tells_its_clients_the_limit_and_the_idle_time_out) {
    RawClient client = open();
    client.hello(full_tracker);
    ASSERT_TRUE(await(client, HVFB_STATE));
    DisplaySettings settings = display->settings();
    settings.refresh_limit = 100;
    settings.idle_timeout = 7ms;
    display->change_settings(settings, loop.now());
    display->update(loop.now());
    auto state = await(client, HVFB_STATE);
    ASSERT_TRUE(state);
    EXPECT_EQ(state->as<hvfb_state>().interval, 10'000'000u);
    EXPECT_EQ(state->as<hvfb_state>().idle_timeout, 7'000'000u);
}

TEST_F(ADisplay, presents_everything_at_the_limit_in_periodic_mode) {
    DisplaySettings settings = display->settings();
    settings.refresh_mode = DisplaySettings::RefreshMode::periodic;
    display->change_settings(settings, loop.now());
    display->update(loop.now());
    auto frames = display->statistics().frames;
    dispatch_until([] { return false; }, 500ms);
    EXPECT_GE(display->statistics().frames - frames, 2u);
    EXPECT_LE(display->statistics().frames - frames, 12u);
    EXPECT_EQ(output.submitted().back(), std::vector{display->layout().rectangle()});
}

TEST_F(ADisplay, goes_on_while_hidden_if_it_is_told_to) {
    DisplaySettings settings = display->settings();
    settings.when_hidden = DisplaySettings::WhenHidden::ignore;
    display->change_settings(settings, loop.now());
    RawClient client = open_explicit();
    output.set_visible(false);
    display->update(loop.now());
    client.pixel(0, 0) = 6;
    client.damaged({0, 0, 1, 1});
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 6; }));
    EXPECT_TRUE(output.ignores_hidden());
}

TEST_F(ADisplay, shows_what_was_drawn_hidden_when_it_is_told_to_ignore_that) {
    RawClient client = open_explicit();
    client.pixel(1, 1) = 5;
    client.damaged({1, 1, 2, 2});
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(1, 1) == 5; }));
    output.set_visible(false);
    display->update(loop.now());
    EXPECT_FALSE(output.ignores_hidden());
    client.pixel(0, 0) = 7;  // reported to nobody
    DisplaySettings settings = display->settings();
    settings.when_hidden = DisplaySettings::WhenHidden::ignore;
    display->change_settings(settings, loop.now());
    display->update(loop.now());
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 7; }));
    EXPECT_TRUE(output.host_equals(display->front()));
    settings.when_hidden = DisplaySettings::WhenHidden::pause;
    display->change_settings(settings, loop.now());
    EXPECT_FALSE(output.ignores_hidden());
}

}  // namespace
}  // namespace hvfbd::testing
