// The drm output on a computer of the tests' own: what its screens show is what the client drew, whatever
// happens to the card, its screens and its master.
#include "output/drm/screens.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "fakes/fake_card.h"
#include "pipeline.h"
#include "raw_client.h"
#include "rounds.h"
#include "sentences.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using drm::DrmOutput;
using drm::Screens;
using Driver = FakeKms::Driver;
constexpr Mode vga{640, 480}, svga{800, 600};

class AScreen : public ::testing::TestWithParam<Driver> {
  protected:
    AScreen() : kms(GetParam()) {}
    ~AScreen() override { stop(); }

    void start(const Screens::Options& options = {}) {
        stop();
        screens.emplace(loop, std::make_unique<FakeCardPort>(kms), options);
        output = &screens->display(0);
        Tuning tuning;
        tuning.settle_delay = 0us;
        tuning.refresh_limit = 1000;
        pipeline.emplace(loop, *output, tuning, report);
        loop.after_turn([this](Time now) { pipeline->update(now); });
        pipeline->update(loop.now());
    }
    void open() {
        client.emplace(
            pipeline->open_surface({"test", true, false}, Client{":1.1", 1000, 1, {}}, loop.now()));
        client->hello(0);
    }
    void stop() {
        client.reset();
        loop.after_turn([](Time) {});
        pipeline.reset();
        output = nullptr;
        screens.reset();
    }
    bool turn_until(const std::function<bool()>& condition, Duration within = 5s) {
        for (Time end = clock_now() + within; !condition();) {
            Time now = clock_now();
            if (now >= end) return false;
            loop.run_once(end - now);
        }
        return true;
    }
    void draw(std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        client->pixel(x, y) = colour;
        auto left = static_cast<std::int32_t>(x), top = static_cast<std::int32_t>(y);
        client->damaged({left, top, left + 1, top + 1});
    }
    std::uint32_t front(std::uint32_t x, std::uint32_t y) {
        std::uint32_t pixel;
        std::memcpy(&pixel, pipeline->front().bytes().data() + pipeline->layout().offset(x, y), 4);
        return pixel;
    }
    std::uint32_t screen(std::uint32_t x, std::uint32_t y, std::size_t index = 0) {
        auto pixels = kms.screen(index);
        const Layout& layout = pipeline->layout();
        if (pixels.size() != std::size_t{layout.width} * layout.height) return 0;  // the console, or dark
        return pixels.at(std::size_t{y} * pipeline->layout().width + x);
    }
    // Draws, and lets the screen come to its vertical blanks.
    bool shows(std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        draw(x, y, colour);
        return becomes(x, y, colour);
    }
    bool becomes(std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        return turn_until([&] {
            kms.vertical_blank();
            return screen(x, y) == colour && kms.screen_equals(pipeline->front());
        });
    }

    FakeKms kms;
    EventLoop loop;
    Sentences report;
    std::optional<Screens> screens;
    DrmOutput* output = nullptr;
    std::optional<Pipeline> pipeline;
    std::optional<RawClient> client;
};

TEST_P(AScreen, shows_what_is_drawn_and_only_what_is_told_reaches_it) {
    start();
    open();
    std::mt19937 random(1);
    for (int i = 0; i < 50; ++i)
        ASSERT_TRUE(shows(random() % 640, random() % 480, random() % 0xffffff + 1)) << i;
    EXPECT_EQ(kms.torn, 0u);
    EXPECT_EQ(output->telling(), GetParam() == Driver::dirty  ? DrmOutput::Telling::dirty
                                 : GetParam() == Driver::flip ? DrmOutput::Telling::flip
                                                              : DrmOutput::Telling::direct);
    if (GetParam() == Driver::flip) {
        EXPECT_GE(kms.flipped, 50u);
    }
    EXPECT_TRUE(
        turn_until([&] { return report.said("showing on Virtual-1 of fake, /dev/dri/card0, 640x480"); }));
}

TEST_P(AScreen, loses_nothing_that_is_drawn_while_a_flip_is_pending) {
    start();
    open();
    ASSERT_TRUE(shows(0, 0, 1));
    for (std::uint32_t round = 0; round < 20; ++round) {
        // No vertical blank for as long as this is drawn, frame by frame.
        for (std::uint32_t i = 0; i < 5; ++i) {
            std::uint32_t at = round * 5 + i + 1;
            draw(at, at, at);
            ASSERT_TRUE(turn_until([&] { return front(at, at) == at; }));
        }
        ASSERT_TRUE(becomes(round * 5 + 5, round * 5 + 5, round * 5 + 5));
    }
    for (std::uint32_t at = 1; at <= 100; ++at) EXPECT_EQ(screen(at, at), at);
    EXPECT_EQ(kms.torn, 0u);
    if (GetParam() == Driver::flip) {
        EXPECT_GT(pipeline->statistics().refused, 0u);
    }
}

TEST_P(AScreen, leaves_the_console_as_it_was) {
    ASSERT_TRUE(kms.shows_console());
    start();
    open();
    ASSERT_TRUE(shows(3, 3, 3));
    EXPECT_FALSE(kms.shows_console());
    pipeline->finish(loop.now());
    stop();
    EXPECT_TRUE(kms.console_at_close);
    EXPECT_TRUE(kms.shows_console());
    EXPECT_EQ(kms.master, nullptr);
}

TEST_P(AScreen, is_hidden_without_a_connected_screen_and_shows_all_of_it_when_there_is_one) {
    kms.connector().connected = false;
    start();
    open();
    EXPECT_FALSE(pipeline->visible());
    draw(7, 7, 7);
    turn_until([] { return false; }, 20ms);
    EXPECT_TRUE(report.said("no screen is connected"));
    EXPECT_EQ(pipeline->statistics().frames, 0u);
    kms.connector().connected = true;
    kms.announce();
    EXPECT_TRUE(becomes(7, 7, 7));
    EXPECT_TRUE(pipeline->visible());
    kms.connector().connected = false;
    kms.announce();
    ASSERT_TRUE(turn_until([&] { return !pipeline->visible(); }));
    auto before = pipeline->statistics().bytes_copied;
    draw(8, 8, 8);
    turn_until([] { return false; }, 20ms);
    EXPECT_EQ(pipeline->statistics().bytes_copied, before);
    kms.connector().connected = true;
    kms.announce();
    EXPECT_TRUE(becomes(8, 8, 8));
}

TEST_P(AScreen, follows_the_screen_that_is_plugged_in_and_comes_back_to_the_wanted_mode) {
    start({"", vga});
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.connector().modes = {drm_mode(800, 600, true)};
    kms.announce();
    ASSERT_TRUE(turn_until([&] { return pipeline->layout().width == 800; }));
    EXPECT_TRUE(becomes(1, 1, 1));
    EXPECT_TRUE(report.said("it has no mode 640x480"));
    kms.connector().modes = {drm_mode(800, 600, true), drm_mode(640, 480)};
    kms.announce();
    ASSERT_TRUE(turn_until([&] { return pipeline->layout().width == 640; }));
    EXPECT_TRUE(becomes(1, 1, 1));
}

TEST_P(AScreen, is_hidden_while_the_screen_is_off) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.connector().on = false;
    kms.announce();
    ASSERT_TRUE(turn_until([&] { return !pipeline->visible(); }));
    draw(2, 2, 2);
    kms.connector().on = true;
    kms.announce();
    EXPECT_TRUE(becomes(2, 2, 2));
}

TEST_P(AScreen, is_hidden_while_somebody_else_is_the_master_and_tries_again_when_a_client_comes) {
    kms.seize(true);
    start();
    EXPECT_FALSE(pipeline->visible());
    EXPECT_TRUE(kms.shows_console());
    EXPECT_EQ(output->layout().width, 640u) << "what will be shown";
    turn_until([&] { return !report.lines.empty(); });
    EXPECT_TRUE(report.said("somebody else shows on fake, /dev/dri/card0"));
    kms.seize(false);
    turn_until([] { return false; }, 120ms);
    open();
    EXPECT_TRUE(shows(4, 4, 4));
}

TEST_P(AScreen, that_loses_its_master_is_hidden_and_shows_all_of_it_when_it_has_it_again) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.seize(true);
    draw(2, 2, 2);
    if (GetParam() == Driver::direct) kms.announce();  // it makes no call that could fail
    ASSERT_TRUE(turn_until([&] {
        kms.vertical_blank();
        return !pipeline->visible();
    }));
    draw(3, 3, 3);
    turn_until([] { return false; }, 20ms);
    // Without an event, too, the next time it tries by itself.
    kms.seize(false);
    EXPECT_TRUE(becomes(3, 3, 3));
    EXPECT_EQ(screen(2, 2), 2u);
}

TEST_P(AScreen, whose_card_is_unplugged_and_plugged_in_again_shows_all_of_it) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.unplug();
    draw(2, 2, 2);
    ASSERT_TRUE(turn_until([&] { return !pipeline->visible(); }));
    kms.plug();
    EXPECT_TRUE(becomes(2, 2, 2));
}

TEST_P(AScreen, that_is_gone_between_two_events_is_noticed_with_the_next_frame) {
    if (GetParam() == Driver::direct) return;  // there is no call that could fail
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.present = false;
    kms.master = nullptr;
    draw(2, 2, 2);
    ASSERT_TRUE(turn_until([&] {
        kms.vertical_blank();
        return !pipeline->visible();
    }));
    kms.plug();
    EXPECT_TRUE(becomes(2, 2, 2));
}

TEST_P(AScreen, changes_its_mode_and_refuses_what_it_has_not) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    pipeline->set_mode(svga, loop.now());
    EXPECT_EQ(output->layout().width, 800u);
    pipeline->update(loop.now());
    EXPECT_TRUE(becomes(1, 1, 1));
    EXPECT_THROW(pipeline->set_mode({1234, 567}, loop.now()), Refusal);
    EXPECT_EQ(output->layout().width, 800u);
    pipeline->set_mode(vga, loop.now());
    pipeline->update(loop.now());
    EXPECT_TRUE(shows(2, 2, 2));
}

TEST_P(AScreen, that_has_no_memory_for_a_mode_keeps_the_one_it_has) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.most_buffers = kms.framebuffers.size() - 1;
    EXPECT_THROW(pipeline->set_mode(svga, loop.now()), Refusal);
    EXPECT_EQ(output->layout().width, 640u);
    EXPECT_TRUE(shows(2, 2, 2));
}

TEST_P(AScreen, that_does_not_take_a_mode_goes_back_to_the_one_it_had) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.refuse_modes = true;
    EXPECT_THROW(pipeline->set_mode(svga, loop.now()), Refusal);
    kms.refuse_modes = false;
    pipeline->update(loop.now());
    EXPECT_TRUE(shows(2, 2, 2));
    EXPECT_EQ(output->layout().width, 640u);
}

TEST_P(AScreen, sleeps_and_wakes_and_shows_all_of_it) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    pipeline->suspend(loop.now());
    EXPECT_FALSE(output->visible());
    pipeline->update(loop.now());
    draw(2, 2, 2);
    pipeline->resume(loop.now());
    pipeline->update(loop.now());
    EXPECT_TRUE(becomes(2, 2, 2));
}

TEST_P(AScreen, beside_others_shows_the_same_on_all_that_take_the_mode) {
    kms.add_connector("Virtual-2", {drm_mode(640, 480, true)});
    kms.add_connector("Virtual-3", {drm_mode(1920, 1080, true)});
    start();
    open();
    ASSERT_TRUE(shows(9, 9, 9));
    EXPECT_TRUE(kms.screen_equals(pipeline->front(), 1));
    EXPECT_FALSE(kms.lit(2));
    // Two that are not in step are not flipped.
    EXPECT_NE(output->telling(), DrmOutput::Telling::flip);
    kms.connector(0).connected = false;
    kms.announce();
    ASSERT_TRUE(turn_until([&] { return report.said("showing on Virtual-2 of"); }));
    draw(10, 10, 10);
    ASSERT_TRUE(turn_until([&] {
        kms.vertical_blank();
        return screen(10, 10, 1) == 10;
    }));
    EXPECT_TRUE(kms.screen_equals(pipeline->front(), 1));
}

TEST_P(AScreen, alone_is_taken_by_name) {
    kms.add_connector("Virtual-2", {drm_mode(800, 600, true)});
    start({"Virtual-2", std::nullopt});
    EXPECT_EQ(output->layout().width, 800u);
    EXPECT_TRUE(report.lines.empty());
    EXPECT_TRUE(turn_until([&] { return report.said("showing on Virtual-2 of"); }));
}

TEST_P(AScreen, at_rest_makes_no_turns) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    turn_until(
        [&] {
            kms.vertical_blank();
            return false;
        },
        50ms);
    auto turns = loop.turns();
    EXPECT_FALSE(loop.run_once(200ms));
    EXPECT_EQ(loop.turns(), turns);
}

TEST_P(AScreen, shows_at_every_quiescence_what_was_drawn_whatever_happened_meanwhile) {
    start();
    open();
    std::mt19937 random(7);
    for (std::uint32_t i = 1; i <= rounds(300); ++i) {
        std::uint32_t x = random() % 640, y = random() % 480;
        draw(x, y, i);
        switch (random() % 12) {
            case 0:
                kms.seize(true);
                kms.announce();
                loop.run_once(0s);
                kms.seize(false);
                kms.announce();
                break;
            case 1:
                kms.unplug();
                loop.run_once(0s);
                kms.plug();
                break;
            case 2:
                kms.connector().connected = false;
                kms.announce();
                loop.run_once(0s);
                kms.connector().connected = true;
                kms.announce();
                break;
            case 3:
                if (output->visible()) pipeline->set_mode(random() % 2 ? vga : svga, loop.now());
                break;
            case 4:
                kms.vertical_blank();
                break;
            default:
                loop.run_once(0s);
                break;
        }
        if (i % 10 == 0) {
            ASSERT_TRUE(becomes(x, y, i)) << i;
        }
    }
    EXPECT_EQ(kms.torn, 0u);
}

INSTANTIATE_TEST_SUITE_P(OfADriver, AScreen, ::testing::Values(Driver::dirty, Driver::flip, Driver::direct),
                         [](const auto& kind) {
                             return kind.param == Driver::dirty  ? "that_is_told"
                                    : kind.param == Driver::flip ? "that_flips"
                                                                 : "that_scans_out";
                         });

}  // namespace
}  // namespace hvfbd::testing
