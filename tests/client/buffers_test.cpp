#include <fcntl.h>

#include "surface_fixture.h"

namespace hvfb {
namespace {

TEST_F(SurfaceTest, takes_a_new_mode_when_it_is_asked_to) {
    surface = daemon.open();
    daemon.begin();
    EXPECT_EQ(hvfb_surface_configure(surface), -EAGAIN);
    const Layout larger = ScriptedDaemon::layout_of(800, 600);
    const Descriptor first = ScriptedDaemon::make_buffer(ScriptedDaemon::layout_of(320, 200));
    const Descriptor second = ScriptedDaemon::make_buffer(larger);
    daemon.send_configure(1, ScriptedDaemon::layout_of(320, 200), first.get());
    daemon.send_configure(2, larger, second.get());
    daemon.collect();  // both have arrived
    ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
    hvfb_layout layout = {};
    hvfb_surface_layout(surface, &layout);
    EXPECT_EQ(layout.width, 640u);
    ASSERT_EQ(hvfb_surface_configure(surface), 0);
    EXPECT_EQ(daemon.next(HVFB_CONFIGURED)->as<hvfb_configured>().serial, 2u);
    hvfb_surface_layout(surface, &layout);
    EXPECT_EQ(layout.width, 800u);
    EXPECT_EQ(hvfb_surface_configure(surface), -EAGAIN);
    // It goes on being tracked, as the daemon had wanted it.
    auto written = daemon.collect();
    EXPECT_EQ(written.state(), HVFB_TRACKER_RESTING);
    while (daemon.receive(0)) continue;
    pixels()[799 + 599 * 800] = 5;
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    EXPECT_TRUE(daemon.collect().holds(800 * 600 * 4 / 4096));
    EXPECT_TRUE(fcntl(second.get(), F_GET_SEALS) & F_SEAL_FUTURE_WRITE);
}

TEST_F(SurfaceTest, keeps_its_buffer_when_the_new_one_is_no_good) {
    surface = daemon.open();
    daemon.begin();
    const Layout layout = ScriptedDaemon::layout_of(800, 600);
    const Descriptor small = ScriptedDaemon::make_buffer(ScriptedDaemon::layout_of(320, 200));
    daemon.send_configure(1, layout, small.get());
    ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
    EXPECT_EQ(hvfb_surface_configure(surface), -EPROTO);
    pixels()[5] = 5;
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    EXPECT_TRUE(daemon.collect().holds(0));
}

TEST_F(SurfaceTest, opens_again_at_the_same_place_with_the_same_content) {
    surface = daemon.open();
    daemon.begin();
    EXPECT_EQ(hvfb_surface_reconnect(surface), -EISCONN);
    pixels()[1234] = 99;
    daemon.hang_up();
    ASSERT_TRUE(told(HVFB_EVENT_LOST));
    pixels()[1235] = 100;
    void* before = hvfb_surface_pixels(surface);
    daemon.refuse_with = -EHOSTUNREACH;
    EXPECT_EQ(hvfb_surface_reconnect(surface), -EHOSTUNREACH);
    daemon.refuse_with = 0;
    ASSERT_EQ(hvfb_surface_reconnect(surface), 0);
    EXPECT_EQ(hvfb_surface_pixels(surface), before);
    EXPECT_EQ(pixels()[1234], 99u);
    EXPECT_EQ(pixels()[1235], 100u);
    EXPECT_TRUE(daemon.next(HVFB_HELLO)->as<hvfb_hello>().flags);
    daemon.begin();
    pixels()[7] = 7;
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    EXPECT_TRUE(daemon.collect().holds(0));
    EXPECT_EQ(daemon.shadow()[7 * 4], std::byte{7});
}

TEST_F(SurfaceTest, opens_again_with_another_layout_and_says_so) {
    surface = daemon.open();
    pixels()[640 + 3] = 99;
    daemon.hang_up();
    ASSERT_TRUE(told(HVFB_EVENT_LOST));
    daemon.layout = ScriptedDaemon::layout_of(320, 200);
    ASSERT_EQ(hvfb_surface_reconnect(surface), 1);
    EXPECT_EQ(pixels()[320 + 3], 99u);
    hvfb_layout layout = {};
    hvfb_surface_layout(surface, &layout);
    EXPECT_EQ(layout.width, 320u);
}

TEST_F(SurfaceTest, asks_again_for_a_frame_that_the_lost_daemon_did_not_answer) {
    surface = daemon.open();
    std::uint64_t frame = 0;
    ASSERT_EQ(hvfb_surface_request_frame(surface, &frame), 0);
    daemon.hang_up();
    ASSERT_TRUE(told(HVFB_EVENT_LOST));
    ASSERT_EQ(hvfb_surface_reconnect(surface), 0);
    const auto asked = daemon.next(HVFB_FRAME);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->as<hvfb_frame>().frame, frame);
}

}  // namespace
}  // namespace hvfb
