#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "surface_fixture.h"
#include "viewer.h"

namespace hvfb {
namespace {

struct ViewerTest : testing::Test {
    ScriptedDaemon daemon;
    hvfb_viewer* viewer = nullptr;

    ViewerTest() {
        EXPECT_EQ(open_viewer(&viewer, nullptr, ScriptedDaemon::connect), 0);
        EXPECT_TRUE(daemon.next(HVFB_HELLO));
        EXPECT_TRUE(daemon.next(HVFB_NEXT));
        daemon.send(HVFB_HELLO, hvfb_hello{{}, 1, 0});
    }
    ~ViewerTest() override { hvfb_viewer_close(viewer); }
    void present(std::uint64_t number, const std::vector<hvfb_rectangle>& rects) {
        daemon.send(HVFB_FRAME_READY,
                    hvfb_frame_ready{{}, number, 5, static_cast<std::uint32_t>(rects.size()), 0},
                    rects.data(), rects.size() * sizeof(hvfb_rectangle));
    }
};

TEST_F(ViewerTest, is_told_what_is_new_and_asks_for_more) {
    hvfb_viewer_frame frame = {};
    EXPECT_EQ(hvfb_viewer_wait(viewer, 0, &frame), -ETIME);
    EXPECT_EQ(hvfb_viewer_wait(viewer, 2000, &frame), -ETIME);
    present(3, {{1, 2, 3, 4}, {5, 6, 7, 8}});
    ASSERT_EQ(hvfb_viewer_wait(viewer, 5'000'000, &frame), 0);
    EXPECT_EQ(frame.frame, 3u);
    ASSERT_EQ(frame.count, 2u);
    EXPECT_EQ(frame.rects[1].x, 5u);
    EXPECT_TRUE(daemon.next(HVFB_NEXT));
    EXPECT_FALSE(daemon.receive(0));
}

TEST_F(ViewerTest, takes_a_new_mode_and_says_so) {
    const Layout layout = ScriptedDaemon::layout_of(800, 600);
    const Descriptor buffer = ScriptedDaemon::make_buffer(layout);
    ASSERT_EQ(pwrite(buffer.get(), "\x7", 1, 0), 1);
    daemon.send_configure(9, layout, buffer.get());
    hvfb_viewer_frame frame = {};
    hvfb_layout shown = {};
    EXPECT_EQ(hvfb_viewer_wait(viewer, 2000, &frame), -ETIME) << "nothing is drawn in it yet";
    EXPECT_EQ(hvfb_viewer_layout(viewer, &shown), 0);
    EXPECT_NE(shown.width, 800u);
    present(12, {{0, 0, 800, 600}});
    ASSERT_EQ(hvfb_viewer_wait(viewer, 5'000'000, &frame), 1);
    EXPECT_EQ(frame.frame, 12u);
    EXPECT_EQ(frame.count, 1u);
    EXPECT_EQ(frame.rects[0].width, 800u);
    EXPECT_EQ(*static_cast<const char*>(hvfb_viewer_pixels(viewer)), 7);
    EXPECT_EQ(daemon.next(HVFB_CONFIGURED)->as<hvfb_configured>().serial, 9u);
    present(13, {{1, 2, 3, 4}});
    EXPECT_EQ(hvfb_viewer_wait(viewer, 5'000'000, &frame), 0);
}

TEST_F(ViewerTest, of_two_new_modes_shows_the_newest_that_is_drawn) {
    for (const std::uint32_t width : {800u, 640u}) {
        const Layout layout = ScriptedDaemon::layout_of(width, 480);
        daemon.send_configure(width, layout, ScriptedDaemon::make_buffer(layout).get());
    }
    present(2, {{0, 0, 640, 480}});
    hvfb_viewer_frame frame = {};
    ASSERT_EQ(hvfb_viewer_wait(viewer, 5'000'000, &frame), 1);
    EXPECT_EQ(frame.rects[0].width, 640u);
}

TEST_F(ViewerTest, that_cannot_map_a_new_mode_is_over_and_tells_of_no_more_frames) {
    // Not sealed against being cut off.
    const Layout layout = ScriptedDaemon::layout_of(800, 600);
    const Descriptor unsealed(memfd_create("front", MFD_CLOEXEC));
    ASSERT_EQ(ftruncate(unsealed.get(), static_cast<off_t>(layout.size)), 0);
    daemon.send_configure(9, layout, unsealed.get());
    present(2, {{0, 0, 800, 600}});
    EXPECT_EQ(hvfb_viewer_wait(viewer, 5'000'000, nullptr), -EPROTO);
    EXPECT_EQ(hvfb_viewer_wait(viewer, 5'000'000, nullptr), -ENOTCONN);
}

TEST_F(ViewerTest, says_that_the_daemon_is_gone) {
    daemon.hang_up();
    EXPECT_EQ(hvfb_viewer_wait(viewer, 5'000'000, nullptr), -ENOTCONN);
}

TEST_F(ViewerTest, is_the_parents_after_fork) {
    EXPECT_TRUE(child_succeeds([&] {
        const bool good =
            hvfb_viewer_wait(viewer, 0, nullptr) == -ECHILD && hvfb_viewer_fd(viewer) == -ECHILD;
        hvfb_viewer_close(viewer);
        return good;
    }));
    present(1, {});
    EXPECT_EQ(hvfb_viewer_wait(viewer, 5'000'000, nullptr), 0);
}

}  // namespace
}  // namespace hvfb
