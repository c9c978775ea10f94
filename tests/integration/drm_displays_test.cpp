// Each connector a display of its own: every screen shows what was drawn on its display and nothing else,
// whatever happens to the card and to the other screens.

#include "drm_displays_fixture.h"
#include "random_words.h"
#include "rounds.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using drm::DrmOutput;

TEST_P(ScreensApart, show_two_pictures_of_their_own_sizes) {
    start();
    ASSERT_EQ(displays.size(), 2u);
    EXPECT_EQ(displays[0]->display.layout().width, 640u);
    EXPECT_EQ(displays[1]->display.layout().width, 320u);
    open();
    hvfbd::testing::RandomWords random(1);
    for (int i = 0; i < 50; ++i)
        for (auto& display : displays)
            ASSERT_TRUE(shows(*display, random() % 320, random() % 200, random() % 0xffffff + 1)) << i;
    EXPECT_EQ(kms.torn, 0u);
    for (auto& display : displays)
        EXPECT_EQ(display->output.submission(), GetParam() == Driver::dirty  ? DrmOutput::Submission::dirty
                                                : GetParam() == Driver::flip ? DrmOutput::Submission::flip
                                                                             : DrmOutput::Submission::direct);
    EXPECT_TRUE(
        dispatch_until([&] { return displays[1]->observer.said("showing on Virtual-2 of fake") == 1; }));
    EXPECT_EQ(displays[0]->observer.said("Virtual-2"), 0u);
    stop();
    EXPECT_TRUE(kms.console_at_close);
}

TEST_P(ScreensApart, are_not_held_up_by_the_vertical_blank_of_another) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 0, 0, 1));
    draw(*displays[0], 1, 1, 1);
    ASSERT_TRUE(dispatch_until([&] { return displays[0]->front(1, 1) == 1; }));
    auto shown = kms.screen(0);
    // A flip that takes a second is taken for lost, which is another promise: a slow machine makes fewer
    // rounds.
    Time begun = clock_now();
    std::uint32_t last = 0;
    for (std::uint32_t i = 1; i <= 20 && (i == 1 || clock_now() - begun < 500ms); ++i) {
        last = i;
        draw(*displays[0], i + 1, 1, i);
        draw(*displays[1], i, i, i);
        ASSERT_TRUE(dispatch_until([&] {
            kms.vertical_blank_of(1);
            return displays[0]->front(i + 1, 1) == i && displays[1]->front(i, i) == i &&
                   kms.screen_equals(displays[1]->display.front(), 1);
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

TEST_P(ScreensApart, have_modes_of_their_own) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    auto frames = displays[0]->display.statistics().frames;
    EXPECT_EQ(displays[1]->output.modes(), (std::vector<Mode>{{320, 200}, {640, 480}}));
    displays[1]->display.set_mode({640, 480}, loop.now());
    for (auto& display : displays) display->display.update(loop.now());
    dispatch_for(50ms);
    EXPECT_EQ(displays[1]->display.layout().width, 640u);
    EXPECT_TRUE(becomes(*displays[1], 1, 1, 1));
    EXPECT_EQ(displays[0]->display.statistics().frames, frames) << "nothing happened to the other";
    EXPECT_THROW(displays[0]->display.set_mode({320, 200}, loop.now()), RequestError);
    for (auto& display : displays) EXPECT_TRUE(shows(*display, 2, 2, 2));
}

TEST_P(ScreensApart, whose_mode_is_not_taken_go_back_to_the_one_they_had_beside_others_that_go_on) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    kms.refused_connectors.insert(kms.connector(1).id);
    EXPECT_THROW(displays[1]->display.set_mode({640, 480}, loop.now()), RequestError);
    kms.refused_connectors.clear();
    EXPECT_TRUE(displays[0]->display.visible());
    EXPECT_TRUE(shows(*displays[0], 2, 2, 2));
    EXPECT_TRUE(shows(*displays[1], 2, 2, 2));
    EXPECT_EQ(displays[1]->display.layout().width, 320u);
}

TEST_P(ScreensApart, that_lose_their_master_are_all_hidden_and_one_of_them_says_why) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    kms.seize(true);
    kms.announce();
    ASSERT_TRUE(
        dispatch_until([&] { return !displays[0]->display.visible() && !displays[1]->display.visible(); }));
    for (auto& display : displays) draw(*display, 2, 2, 2);
    kms.seize(false);
    for (auto& display : displays) EXPECT_TRUE(becomes(*display, 2, 2, 2));
    EXPECT_EQ(displays[0]->observer.said("warning: somebody else"), 1u);
    EXPECT_EQ(displays[1]->observer.said("somebody else"), 0u);
}

TEST_P(ScreensApart, whose_card_goes_come_back_with_it) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    kms.unplug();
    for (auto& display : displays) draw(*display, 2, 2, 2);
    ASSERT_TRUE(
        dispatch_until([&] { return !displays[0]->display.visible() && !displays[1]->display.visible(); }));
    kms.plug();
    for (auto& display : displays) EXPECT_TRUE(becomes(*display, 2, 2, 2));
}

TEST_P(ScreensApart, sleep_and_wake_together) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    for (auto& display : displays) display->display.suspend(loop.now());
    for (auto& display : displays) EXPECT_FALSE(display->output.visible());
    for (auto& display : displays) draw(*display, 2, 2, 2);
    for (auto& display : displays) display->display.resume(loop.now());
    for (auto& display : displays) EXPECT_TRUE(becomes(*display, 2, 2, 2));
}

TEST_P(ScreensApart, at_rest_cause_no_dispatches) {
    kms.add_connector("Virtual-3", {drm_mode(200, 100, true)}).connected = false;
    start();
    open();
    for (std::size_t i : {0, 1}) ASSERT_TRUE(shows(*displays[i], 1, 1, 1));
    dispatch_for(50ms);
    auto dispatches = loop.dispatches();
    EXPECT_FALSE(loop.run_once(200ms));
    EXPECT_EQ(loop.dispatches(), dispatches);
}

TEST_P(ScreensApart, show_at_every_quiescence_what_was_drawn_whatever_happened_meanwhile) {
    start();
    open();
    hvfbd::testing::RandomWords random(7);
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
                    displays[1]->display.set_mode(random() % 2 ? Mode{320, 200} : Mode{640, 480}, loop.now());
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
