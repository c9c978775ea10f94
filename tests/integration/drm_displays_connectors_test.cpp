// Each connector a display of its own: which display has which, as connectors and cards come and go.
#include "drm_displays_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;
using drm::DrmOutput;

TEST_P(ScreensApart, come_and_go_without_touching_another) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    unsigned opened = kms.opened;
    kms.connector(1).connected = false;
    kms.announce();
    ASSERT_TRUE(dispatch_until([&] { return !displays[1]->display.visible(); }));
    EXPECT_TRUE(displays[0]->display.visible());
    EXPECT_FALSE(kms.lit(1));
    EXPECT_TRUE(shows(*displays[0], 2, 2, 2));
    draw(*displays[1], 3, 3, 3);
    kms.connector(1).connected = true;
    kms.announce();
    EXPECT_TRUE(becomes(*displays[1], 3, 3, 3));
    EXPECT_EQ(kms.opened, opened) << "the card stays open";
    EXPECT_EQ(displays[0]->observer.said("no screen"), 0u);
    EXPECT_EQ(displays[1]->observer.said("no screen is connected to Virtual-2"), 1u);
    EXPECT_EQ(displays[1]->observer.said("warning"), 0u);
}

TEST_P(ScreensApart, that_cannot_be_lit_leave_the_others_alone_and_are_tried_again) {
    kms.refused_connectors.insert(kms.connector(1).id);
    start();
    open();
    EXPECT_TRUE(shows(*displays[0], 1, 1, 1));
    EXPECT_FALSE(displays[1]->display.visible());
    ASSERT_TRUE(dispatch_until([&] { return displays[1]->observer.said("warning: set a fake mode") == 1; }));
    unsigned opened = kms.opened;
    kms.refused_connectors.clear();
    draw(*displays[1], 2, 2, 2);
    EXPECT_TRUE(becomes(*displays[1], 2, 2, 2)) << "without an event";
    EXPECT_EQ(kms.opened, opened);
    EXPECT_TRUE(shows(*displays[0], 3, 3, 3));
}

TEST_P(ScreensApart, for_which_no_crtc_is_left_are_hidden_and_say_so_and_take_one_that_comes_free) {
    kms.add_connector("Virtual-3", {drm_mode(200, 100, true)});
    kms.resources.crtcs.pop_back();
    for (auto& connector : kms.resources.connectors) connector.crtcs = 0b11;
    start();
    ASSERT_EQ(displays.size(), 3u);
    open();
    for (std::size_t i : {0, 1}) EXPECT_TRUE(shows(*displays[i], 1, 1, 1));
    EXPECT_FALSE(displays[2]->display.visible());
    kms.announce();
    dispatch_for(150ms);
    EXPECT_EQ(displays[2]->observer.said("warning: no CRTC is left for Virtual-3"), 1u);
    draw(*displays[2], 2, 2, 2);
    kms.connector(0).connected = false;
    kms.announce();
    EXPECT_TRUE(becomes(*displays[2], 2, 2, 2));
    EXPECT_TRUE(shows(*displays[1], 3, 3, 3));
    // Who comes back finds none.
    kms.connector(0).connected = true;
    kms.announce();
    dispatch_for(150ms);
    EXPECT_FALSE(displays[0]->display.visible());
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

TEST_P(ScreensApart, are_numbered_from_those_that_have_a_screen_and_keep_their_numbers) {
    kms.connector(0).connected = false;
    start();
    EXPECT_EQ(displays[0]->output.wish().connector, "Virtual-2");
    EXPECT_EQ(displays[1]->output.wish().connector, "Virtual-1");
    EXPECT_TRUE(displays[0]->output.visible());
    std::vector<drm::Wish> before;
    for (auto& display : displays) before.push_back({DrmOutput::saved_connector(display->output.save()), {}});
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
    dispatch_for(20ms);
    EXPECT_FALSE(displays[0]->display.visible());
    kms.plug();
    EXPECT_TRUE(becomes(*displays[0], 1, 1, 1));
    EXPECT_EQ(displays[0]->output.wish().connector, "Virtual-1");
    kms.announce();
    dispatch_for(150ms);
    EXPECT_EQ(
        displays[0]->observer.said("Virtual-2 of fake, /dev/dri/card0 was not there when hvfbd started"), 1u);
    EXPECT_FALSE(kms.lit(1));
}

// As those of a graphics driver do, which replaces the one that showed what the firmware had set up.
TEST_P(ScreensApart, take_the_connectors_of_another_card_that_comes) {
    start();
    open();
    for (auto& display : displays) ASSERT_TRUE(shows(*display, 1, 1, 1));
    kms.unplug();
    ASSERT_TRUE(dispatch_until([&] { return !displays[0]->display.visible(); }));
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
    EXPECT_EQ(displays[0]->display.layout().width, 320u);
    EXPECT_EQ(displays[0]->output.save(), "");
}

TEST_P(ScreensApart, do_not_ask_all_screens_for_each_surface_on_a_hidden_one) {
    kms.connector(1).connected = false;
    start();
    open();
    ASSERT_TRUE(shows(*displays[0], 1, 1, 1));
    dispatch_for(150ms);
    unsigned probed = kms.probed;
    for (int i = 0; i < 5; ++i) {
        displays[1]->client.reset();
        open(*displays[1]);
        dispatch_for(120ms);
    }
    EXPECT_EQ(kms.probed, probed);
}

}  // namespace
}  // namespace hvfbd::testing
