// Each connector a display of its own: every screen shows what was drawn on its display and nothing else,
// whatever happens to the card and to the other screens.
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "fakes/fake_card.h"
#include "output/drm/screens.h"
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

struct Display {
    Display(EventLoop& loop, DrmOutput& the_output)
        : output(the_output), pipeline(loop, output, tuning(), report) {}
    static Tuning tuning() {
        Tuning tuning;
        tuning.settle_delay = 0us;
        tuning.refresh_limit = 1000;
        return tuning;
    }
    std::uint32_t front(std::uint32_t x, std::uint32_t y) {
        std::uint32_t pixel;
        std::memcpy(&pixel, pipeline.front().bytes().data() + pipeline.layout().offset(x, y), 4);
        return pixel;
    }
    DrmOutput& output;
    Sentences report;
    Pipeline pipeline;
    std::optional<RawClient> client;
};

class ScreensApart : public ::testing::TestWithParam<Driver> {
  protected:
    ScreensApart() : kms(GetParam()) {
        kms.add_connector("Virtual-2", {drm_mode(320, 200, true), drm_mode(640, 480)});
    }
    ~ScreensApart() override { stop(); }

    void start(Screens::Options options = {}) {
        stop();
        options.apart = true;
        screens.emplace(loop, std::make_unique<FakeCardPort>(kms), options);
        for (std::size_t i = 0; i < screens->all().size(); ++i)
            displays.push_back(std::make_unique<Display>(loop, screens->display(i)));
        auto update = [this](Time now) {
            for (auto& display : displays) display->pipeline.update(now);
        };
        loop.after_turn(update);
        update(loop.now());
    }
    void open() {
        for (auto& display : displays) open(*display);
    }
    void open(Display& display) {
        display.client.emplace(
            display.pipeline.open_surface({"test", true, false}, Client{":1.1", 1000, 1, {}}, loop.now()));
        display.client->hello(0);
    }
    void stop() {
        loop.after_turn([](Time) {});
        displays.clear();
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
    void turn_for(Duration time) {
        turn_until(
            [this] {
                kms.vertical_blank();
                return false;
            },
            time);
    }
    static void draw(Display& display, std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        display.client->pixel(x, y) = colour;
        auto left = static_cast<std::int32_t>(x), top = static_cast<std::int32_t>(y);
        display.client->damaged({left, top, left + 1, top + 1});
    }
    // A display's screen, by the place of its connector on the card.
    std::size_t screen_of(const Display& display) const {
        for (std::size_t i = 0; i < kms.resources.connectors.size(); ++i)
            if (kms.resources.connectors[i].name == display.output.wish().connector) return i;
        return 99;
    }
    bool becomes(Display& display, std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        return turn_until([&] {
            kms.vertical_blank();
            return display.front(x, y) == colour &&
                   kms.screen_equals(display.pipeline.front(), screen_of(display));
        });
    }
    bool shows(Display& display, std::uint32_t x, std::uint32_t y, std::uint32_t colour) {
        draw(display, x, y, colour);
        return becomes(display, x, y, colour);
    }

    FakeKms kms;
    EventLoop loop;
    std::optional<Screens> screens;
    std::vector<std::unique_ptr<Display>> displays;
};

TEST_P(ScreensApart, show_two_pictures_of_their_own_sizes) {
    start();
    ASSERT_EQ(displays.size(), 2u);
    EXPECT_EQ(displays[0]->pipeline.layout().width, 640u);
    EXPECT_EQ(displays[1]->pipeline.layout().width, 320u);
    open();
    std::mt19937 random(1);
    for (int i = 0; i < 50; ++i)
        for (auto& display : displays)
            ASSERT_TRUE(shows(*display, random() % 320, random() % 200, random() % 0xffffff + 1)) << i;
    EXPECT_EQ(kms.torn, 0u);
    for (auto& display : displays)
        EXPECT_EQ(display->output.telling(), GetParam() == Driver::dirty  ? DrmOutput::Telling::dirty
                                             : GetParam() == Driver::flip ? DrmOutput::Telling::flip
                                                                          : DrmOutput::Telling::direct);
    EXPECT_TRUE(turn_until([&] { return displays[1]->report.said("showing on Virtual-2 of fake") == 1; }));
    EXPECT_EQ(displays[0]->report.said("Virtual-2"), 0u);
    stop();
    EXPECT_TRUE(kms.console_at_close);
}

TEST_P(ScreensApart, are_not_held_up_by_the_vertical_blank_of_another) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 0, 0, 1));
    draw(*displays[0], 1, 1, 1);
    ASSERT_TRUE(turn_until([&] { return displays[0]->front(1, 1) == 1; }));
    auto shown = kms.screen(0);
    // A flip that takes a second is taken for lost, which is another promise: a slow machine makes fewer
    // rounds.
    Time begun = clock_now();
    std::uint32_t last = 0;
    for (std::uint32_t i = 1; i <= 20 && (i == 1 || clock_now() - begun < 500ms); ++i) {
        last = i;
        draw(*displays[0], i + 1, 1, i);
        draw(*displays[1], i, i, i);
        ASSERT_TRUE(turn_until([&] {
            kms.vertical_blank_of(1);
            return displays[0]->front(i + 1, 1) == i && displays[1]->front(i, i) == i &&
                   kms.screen_equals(displays[1]->pipeline.front(), 1);
        })) << i;
        if (GetParam() == Driver::flip) {
            ASSERT_EQ(kms.screen(0), shown) << "written to while it is shown";
        }
    }
    EXPECT_TRUE(becomes(*displays[0], last + 1, 1, last));
    EXPECT_EQ(kms.torn, 0u);
}

TEST_P(ScreensApart, that_lost_their_picture_have_it_again_when_something_is_announced) {
    if (GetParam() != Driver::dirty) return;  // the others show their buffer itself
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    for (auto& [crtc, picture] : kms.pictures) std::fill(picture.begin(), picture.end(), 0xdead);
    kms.announce();
    for (auto& display : displays) EXPECT_TRUE(becomes(*display, 1, 1, 1));
}

TEST_P(ScreensApart, come_and_go_without_touching_another) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    unsigned opened = kms.opened;
    kms.connector(1).connected = false;
    kms.announce();
    ASSERT_TRUE(turn_until([&] { return !displays[1]->pipeline.visible(); }));
    EXPECT_TRUE(displays[0]->pipeline.visible());
    EXPECT_FALSE(kms.lit(1));
    EXPECT_TRUE(shows(*displays[0], 2, 2, 2));
    draw(*displays[1], 3, 3, 3);
    kms.connector(1).connected = true;
    kms.announce();
    EXPECT_TRUE(becomes(*displays[1], 3, 3, 3));
    EXPECT_EQ(kms.opened, opened) << "the card stays open";
    EXPECT_EQ(displays[0]->report.said("no screen"), 0u);
    EXPECT_EQ(displays[1]->report.said("no screen is connected to Virtual-2"), 1u);
    EXPECT_EQ(displays[1]->report.said("warning"), 0u);
}

TEST_P(ScreensApart, have_modes_of_their_own) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    auto frames = displays[0]->pipeline.statistics().frames;
    EXPECT_EQ(displays[1]->output.modes(), (std::vector<Mode>{{320, 200}, {640, 480}}));
    displays[1]->pipeline.set_mode({640, 480}, loop.now());
    for (auto& display : displays) display->pipeline.update(loop.now());
    turn_for(50ms);
    EXPECT_EQ(displays[1]->pipeline.layout().width, 640u);
    EXPECT_TRUE(becomes(*displays[1], 1, 1, 1));
    EXPECT_EQ(displays[0]->pipeline.statistics().frames, frames) << "nothing happened to the other";
    EXPECT_THROW(displays[0]->pipeline.set_mode({320, 200}, loop.now()), Refusal);
    for (auto& display : displays) EXPECT_TRUE(shows(*display, 2, 2, 2));
}

TEST_P(ScreensApart, that_cannot_be_lit_leave_the_others_alone_and_are_tried_again) {
    kms.refused_connectors.insert(kms.connector(1).id);
    start();
    open();
    EXPECT_TRUE(shows(*displays[0], 1, 1, 1));
    EXPECT_FALSE(displays[1]->pipeline.visible());
    ASSERT_TRUE(turn_until([&] { return displays[1]->report.said("warning: set a fake mode") == 1; }));
    unsigned opened = kms.opened;
    kms.refused_connectors.clear();
    draw(*displays[1], 2, 2, 2);
    EXPECT_TRUE(becomes(*displays[1], 2, 2, 2)) << "without an event";
    EXPECT_EQ(kms.opened, opened);
    EXPECT_TRUE(shows(*displays[0], 3, 3, 3));
}

TEST_P(ScreensApart, whose_mode_is_not_taken_go_back_to_the_one_they_had_beside_others_that_go_on) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    kms.refused_connectors.insert(kms.connector(1).id);
    EXPECT_THROW(displays[1]->pipeline.set_mode({640, 480}, loop.now()), Refusal);
    kms.refused_connectors.clear();
    EXPECT_TRUE(displays[0]->pipeline.visible());
    EXPECT_TRUE(shows(*displays[0], 2, 2, 2));
    EXPECT_TRUE(shows(*displays[1], 2, 2, 2));
    EXPECT_EQ(displays[1]->pipeline.layout().width, 320u);
}

TEST_P(ScreensApart, for_which_no_crtc_is_left_are_hidden_and_say_so_and_take_one_that_comes_free) {
    kms.add_connector("Virtual-3", {drm_mode(200, 100, true)});
    kms.resources.crtcs.pop_back();
    for (auto& connector : kms.resources.connectors) connector.crtcs = 0b11;
    start();
    ASSERT_EQ(displays.size(), 3u);
    open();
    for (std::size_t i : {0, 1}) EXPECT_TRUE(shows(*displays[i], 1, 1, 1));
    EXPECT_FALSE(displays[2]->pipeline.visible());
    kms.announce();
    turn_for(150ms);
    EXPECT_EQ(displays[2]->report.said("warning: no CRTC is left for Virtual-3"), 1u);
    draw(*displays[2], 2, 2, 2);
    kms.connector(0).connected = false;
    kms.announce();
    EXPECT_TRUE(becomes(*displays[2], 2, 2, 2));
    EXPECT_TRUE(shows(*displays[1], 3, 3, 3));
    // Who comes back finds none.
    kms.connector(0).connected = true;
    kms.announce();
    turn_for(150ms);
    EXPECT_FALSE(displays[0]->pipeline.visible());
    for (std::size_t i : {1, 2}) EXPECT_TRUE(shows(*displays[i], 4, 4, 4));
}

TEST_P(ScreensApart, change_crtcs_among_themselves_where_all_can_be_driven_only_so) {
    kms.connector(1).connected = false;
    start();
    open();
    ASSERT_TRUE(shows(*displays[0], 1, 1, 1));
    // The only CRTC that can drive the other.
    for (std::size_t i = 0; i < 2; ++i)
        if (kms.resources.crtcs[i] == kms.connector(0).crtc) kms.connector(1).crtcs = 1U << i;
    kms.connector(1).connected = true;
    kms.announce();
    draw(*displays[1], 2, 2, 2);
    EXPECT_TRUE(becomes(*displays[1], 2, 2, 2));
    EXPECT_TRUE(shows(*displays[0], 3, 3, 3));
}

TEST_P(ScreensApart, that_lose_their_master_are_all_hidden_and_one_of_them_says_why) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    kms.seize(true);
    kms.announce();
    ASSERT_TRUE(
        turn_until([&] { return !displays[0]->pipeline.visible() && !displays[1]->pipeline.visible(); }));
    for (auto& display : displays) draw(*display, 2, 2, 2);
    kms.seize(false);
    for (auto& display : displays) EXPECT_TRUE(becomes(*display, 2, 2, 2));
    EXPECT_EQ(displays[0]->report.said("warning: somebody else"), 1u);
    EXPECT_EQ(displays[1]->report.said("somebody else"), 0u);
}

TEST_P(ScreensApart, whose_card_goes_come_back_with_it) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    kms.unplug();
    for (auto& display : displays) draw(*display, 2, 2, 2);
    ASSERT_TRUE(
        turn_until([&] { return !displays[0]->pipeline.visible() && !displays[1]->pipeline.visible(); }));
    kms.plug();
    for (auto& display : displays) EXPECT_TRUE(becomes(*display, 2, 2, 2));
}

TEST_P(ScreensApart, sleep_and_wake_together) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    for (auto& display : displays) display->pipeline.suspend(loop.now());
    for (auto& display : displays) EXPECT_FALSE(display->output.visible());
    for (auto& display : displays) draw(*display, 2, 2, 2);
    for (auto& display : displays) display->pipeline.resume(loop.now());
    for (auto& display : displays) EXPECT_TRUE(becomes(*display, 2, 2, 2));
}

TEST_P(ScreensApart, are_numbered_from_those_that_have_a_screen_and_keep_their_numbers) {
    kms.connector(0).connected = false;
    start();
    EXPECT_EQ(displays[0]->output.wish().connector, "Virtual-2");
    EXPECT_EQ(displays[1]->output.wish().connector, "Virtual-1");
    EXPECT_TRUE(displays[0]->output.visible());
    std::vector<drm::Wish> before;
    for (auto& display : displays) before.push_back({DrmOutput::connector_kept(display->output.kept()), {}});
    before[1].mode = Mode{800, 600};
    kms.connector(0).connected = true;
    kms.connector(1).connected = false;
    start({"", {}, true, before});
    EXPECT_EQ(displays[0]->output.wish().connector, "Virtual-2");
    EXPECT_FALSE(displays[0]->output.visible());
    EXPECT_EQ(displays[1]->output.wish().connector, "Virtual-1");
    EXPECT_EQ(displays[1]->output.layout().width, 800u);
}

TEST_P(ScreensApart, without_a_card_at_first_are_one_and_the_rest_is_named) {
    kms.unplug();
    start();
    ASSERT_EQ(displays.size(), 1u);
    open();
    draw(*displays[0], 1, 1, 1);
    turn_for(20ms);
    EXPECT_FALSE(displays[0]->pipeline.visible());
    kms.plug();
    EXPECT_TRUE(becomes(*displays[0], 1, 1, 1));
    EXPECT_EQ(displays[0]->output.wish().connector, "Virtual-1");
    kms.announce();
    turn_for(150ms);
    EXPECT_EQ(displays[0]->report.said("Virtual-2 of fake, /dev/dri/card0 was not there when hvfbd started"),
              1u);
    EXPECT_FALSE(kms.lit(1));
}

// As those of a graphics driver do, which replaces the one that showed what the firmware had set up.
TEST_P(ScreensApart, take_the_connectors_of_another_card_that_comes) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    kms.unplug();
    ASSERT_TRUE(turn_until([&] { return !displays[0]->pipeline.visible(); }));
    for (auto& display : displays) draw(*display, 2, 2, 2);
    kms.connector(0).name = "DP-1";
    kms.connector(0).connected = false;
    kms.connector(1).name = "HDMI-A-1";
    kms.add_connector("HDMI-A-2", {drm_mode(320, 200, true)});
    kms.plug();
    for (auto& display : displays) EXPECT_TRUE(becomes(*display, 2, 2, 2));
    EXPECT_EQ(displays[0]->output.wish().connector, "HDMI-A-1");
    EXPECT_EQ(displays[1]->output.wish().connector, "HDMI-A-2");
}

TEST_P(ScreensApart, by_name_are_one) {
    start({"Virtual-2", {}, true, {}});
    ASSERT_EQ(displays.size(), 1u);
    EXPECT_EQ(displays[0]->pipeline.layout().width, 320u);
    EXPECT_EQ(displays[0]->output.kept(), "");
}

TEST_P(ScreensApart, do_not_ask_all_screens_for_each_surface_on_a_hidden_one) {
    kms.connector(1).connected = false;
    start();
    open();
    ASSERT_TRUE(shows(*displays[0], 1, 1, 1));
    turn_for(150ms);
    unsigned probed = kms.probed;
    for (int i = 0; i < 5; ++i) {
        displays[1]->client.reset();
        open(*displays[1]);
        turn_for(120ms);
    }
    EXPECT_EQ(kms.probed, probed);
}

TEST_P(ScreensApart, at_rest_make_no_turns) {
    kms.add_connector("Virtual-3", {drm_mode(200, 100, true)}).connected = false;
    start();
    open();
    for (std::size_t i : {0, 1}) ASSERT_TRUE(shows(*displays[i], 1, 1, 1));
    turn_for(50ms);
    auto turns = loop.turns();
    EXPECT_FALSE(loop.run_once(200ms));
    EXPECT_EQ(loop.turns(), turns);
}

TEST_P(ScreensApart, show_at_every_quiescence_what_was_drawn_whatever_happened_meanwhile) {
    start();
    open();
    std::mt19937 random(7);
    for (std::uint32_t i = 1; i <= rounds(200); ++i) {
        std::uint32_t x = random() % 320, y = random() % 200;
        std::size_t which = random() % 2;
        draw(*displays[which], x, y, i);
        auto& connector = kms.connector(random() % 2);
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
            case 3:
                connector.connected = !connector.connected;
                kms.announce();
                loop.run_once(0s);
                break;
            case 4:
                if (displays[1]->output.visible())
                    displays[1]->pipeline.set_mode(random() % 2 ? Mode{320, 200} : Mode{640, 480},
                                                   loop.now());
                break;
            case 5:
                kms.vertical_blank_of(random() % 2);
                break;
            default:
                loop.run_once(0s);
                break;
        }
        if (i % 10 == 0) {
            for (std::size_t both : {0, 1}) kms.connector(both).connected = true;
            kms.announce();
            ASSERT_TRUE(becomes(*displays[which], x, y, i)) << i;
            ASSERT_TRUE(shows(*displays[1 - which], 0, 0, i)) << i;
        }
    }
    EXPECT_EQ(kms.torn, 0u);
}

INSTANTIATE_TEST_SUITE_P(OfADriver, ScreensApart,
                         ::testing::Values(Driver::dirty, Driver::flip, Driver::direct),
                         [](const auto& kind) {
                             return kind.param == Driver::dirty  ? "that_is_told"
                                    : kind.param == Driver::flip ? "that_flips"
                                                                 : "that_scans_out";
                         });

}  // namespace
}  // namespace hvfbd::testing
