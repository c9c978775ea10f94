// The drm output while nothing can be shown, without a screen, a master or a card: hidden, and all of it is
// shown afterwards.
#include "drm_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

TEST_P(AScreen, is_hidden_without_a_connected_screen_and_shows_all_of_it_when_there_is_one) {
    kms.connector().connected = false;
    start();
    open();
    EXPECT_FALSE(display->visible());
    draw(7, 7, 7);
    dispatch_until([] { return false; }, 20ms);
    EXPECT_TRUE(observer.said("no screen is connected"));
    EXPECT_NE(display->problem().find("no screen is connected"), std::string::npos);
    EXPECT_EQ(display->statistics().frames, 0u);
    kms.connector().connected = true;
    kms.announce();
    EXPECT_TRUE(becomes(7, 7, 7));
    EXPECT_TRUE(display->visible());
    EXPECT_EQ(display->problem(), "");
    kms.connector().connected = false;
    kms.announce();
    ASSERT_TRUE(dispatch_until([&] { return !display->visible(); }));
    auto before = display->statistics().bytes_copied;
    draw(8, 8, 8);
    dispatch_until([] { return false; }, 20ms);
    EXPECT_EQ(display->statistics().bytes_copied, before);
    kms.connector().connected = true;
    kms.announce();
    EXPECT_TRUE(becomes(8, 8, 8));
}

TEST_P(AScreen, is_as_large_as_before_the_restart_until_there_is_a_screen) {
    kms.connector().connected = false;
    drm::Screens::Options options;
    options.sizes = {Mode{1920, 1080}};
    start(options);
    EXPECT_EQ(display->layout().width, 1920u);
    EXPECT_EQ(output->modes(), (std::vector<Mode>{{1920, 1080}})) << "none would mean any";
    EXPECT_NO_THROW(display->set_mode({1920, 1080}, loop.now()));
    EXPECT_THROW(display->set_mode({640, 480}, loop.now()), RequestError);
    open();
    kms.connector().connected = true;
    kms.announce();
    EXPECT_TRUE(becomes(0, 0, 0));
    EXPECT_NE(display->layout().width, 1920u);
}

TEST_P(AScreen, follows_the_screen_that_is_plugged_in_and_comes_back_to_the_wanted_mode) {
    start({"", vga});
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.connector().modes = {drm_mode(800, 600, true)};
    kms.announce();
    ASSERT_TRUE(dispatch_until([&] { return display->layout().width == 800; }));
    EXPECT_TRUE(becomes(1, 1, 1));
    EXPECT_TRUE(observer.said("it has no mode 640x480"));
    kms.connector().modes = {drm_mode(800, 600, true), drm_mode(640, 480)};
    kms.announce();
    ASSERT_TRUE(dispatch_until([&] { return display->layout().width == 640; }));
    EXPECT_TRUE(becomes(1, 1, 1));
}

TEST_P(AScreen, is_hidden_while_the_screen_is_off) {
    start();
    open();
    ASSERT_TRUE(shows(1, 1, 1));
    kms.connector().on = false;
    kms.announce();
    ASSERT_TRUE(dispatch_until([&] { return !display->visible(); }));
    draw(2, 2, 2);
    kms.connector().on = true;
    kms.announce();
    EXPECT_TRUE(becomes(2, 2, 2));
}

TEST_P(AScreen, is_hidden_while_somebody_else_is_the_master_and_tries_again_when_a_client_comes) {
    kms.seize(true);
    start();
    EXPECT_FALSE(display->visible());
    EXPECT_TRUE(kms.shows_console());
    EXPECT_EQ(output->layout().width, 640u) << "what will be shown";
    dispatch_until([&] { return !observer.lines.empty(); });
    EXPECT_TRUE(observer.said("somebody else shows on fake, /dev/dri/card0"));
    EXPECT_NE(display->problem().find("somebody else shows on fake"), std::string::npos);
    kms.seize(false);
    dispatch_until([] { return false; }, 120ms);
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
    ASSERT_TRUE(dispatch_until([&] {
        kms.vertical_blank();
        return !display->visible();
    }));
    draw(3, 3, 3);
    dispatch_until([] { return false; }, 20ms);
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
    ASSERT_TRUE(dispatch_until([&] { return !display->visible(); }));
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
    ASSERT_TRUE(dispatch_until([&] {
        kms.vertical_blank();
        return !display->visible();
    }));
    kms.plug();
    EXPECT_TRUE(becomes(2, 2, 2));
}

}  // namespace
}  // namespace hvfbd::testing
