#include <fcntl.h>
#include <sys/resource.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "rounds.h"
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

TEST_F(SurfaceTest, does_not_tell_of_a_mode_that_was_taken_before) {
    surface = daemon.open();
    daemon.begin();
    const Layout larger = ScriptedDaemon::layout_of(800, 600);
    const Descriptor buffer = ScriptedDaemon::make_buffer(larger);
    daemon.send_configure(1, larger, buffer.get());
    ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
    // A daemon that restored the state of another one offers it once more.
    daemon.send_configure(1, larger, buffer.get());
    daemon.collect();
    ASSERT_EQ(hvfb_surface_configure(surface), 0);
    EXPECT_FALSE(hvfb_surface_dispatch(surface) & HVFB_EVENT_CONFIGURE);
}

TEST_F(SurfaceTest, keeps_its_buffer_when_the_new_one_is_no_good) {
    surface = daemon.open();
    daemon.begin();
    const Layout layout = ScriptedDaemon::layout_of(800, 600);
    const Descriptor small = ScriptedDaemon::make_buffer(ScriptedDaemon::layout_of(320, 200));
    daemon.send_configure(1, layout, small.get());
    ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
    EXPECT_EQ(hvfb_surface_configure(surface), -EPROTO);
    EXPECT_EQ(hvfb_surface_configure(surface), -EAGAIN);
    pixels()[5] = 5;
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    EXPECT_TRUE(daemon.collect().holds(0));
}

TEST_F(SurfaceTest, takes_what_was_drawn_since_the_offer_along_into_the_new_mode) {
    surface = daemon.open();
    daemon.begin();
    const Layout larger = ScriptedDaemon::layout_of(800, 600);
    const Descriptor buffer = ScriptedDaemon::make_buffer(larger);
    daemon.send_configure(1, larger, buffer.get());
    ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
    pixels()[3 + 5 * 640] = 99;
    ASSERT_EQ(hvfb_surface_configure(surface), 0);
    EXPECT_EQ(pixels()[3 + 5 * 800], 99u);
}

// Less address space than a buffer needs, until the end of the block.
struct LittleMemory {
    LittleMemory() {
        std::size_t pages = 0;
        std::ifstream("/proc/self/statm") >> pages;
        getrlimit(RLIMIT_AS, &before);
        rlimit little = before;
        little.rlim_cur = pages * 4096 + (std::size_t{32} << 20);
        setrlimit(RLIMIT_AS, &little);
    }
    LittleMemory(const LittleMemory&) = delete;
    LittleMemory& operator=(const LittleMemory&) = delete;
    ~LittleMemory() { setrlimit(RLIMIT_AS, &before); }
    rlimit before = {};
};

TEST_F(SurfaceTest, takes_a_new_mode_later_that_there_was_no_memory_for) {
    surface = daemon.open();
    daemon.begin();
    const Layout large = ScriptedDaemon::layout_of(4096, 4096);
    const Descriptor buffer = ScriptedDaemon::make_buffer(large);
    daemon.send_configure(1, large, buffer.get());
    ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
    {
        const LittleMemory little;
        EXPECT_EQ(hvfb_surface_configure(surface), -ENOMEM);
    }
    pixels()[5] = 5;  // goes on meanwhile
    EXPECT_EQ(hvfb_surface_configure(surface), 0);
    EXPECT_EQ(daemon.next(HVFB_CONFIGURED)->as<hvfb_configured>().serial, 1u);
    EXPECT_EQ(pixels()[5], 5u);
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

TEST_F(SurfaceTest, keeps_its_pixels_when_the_daemon_hangs_up_at_once_and_tries_again) {
    surface = daemon.open();
    pixels()[3 + 5 * 640] = 99;
    daemon.hang_up();
    ASSERT_TRUE(told(HVFB_EVENT_LOST));
    void* before = hvfb_surface_pixels(surface);
    daemon.layout = ScriptedDaemon::layout_of(320, 200);
    daemon.hangs_up = true;
    EXPECT_EQ(hvfb_surface_reconnect(surface), -EPROTO);
    EXPECT_EQ(hvfb_surface_pixels(surface), before);
    hvfb_layout layout = {};
    hvfb_surface_layout(surface, &layout);
    EXPECT_EQ(layout.width, 640u);
    daemon.hangs_up = false;
    EXPECT_EQ(hvfb_surface_reconnect(surface), 1);
    EXPECT_EQ(pixels()[3 + 5 * 320], 99u);
}

TEST_F(SurfaceTest, says_hello_first_when_it_is_opened_again_whatever_other_threads_tell) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    std::atomic<bool> end{false};
    std::thread other([&] {
        while (!end.load()) hvfb_surface_damage(surface, nullptr, 0);
    });
    unsigned others_first = 0, lost = 0;
    const unsigned rounds = hvfbd::testing::rounds(200);
    for (unsigned i = 0; i < rounds; ++i) {
        daemon.hang_up();
        lost += told(HVFB_EVENT_LOST);
        EXPECT_EQ(hvfb_surface_reconnect(surface), 0);
        const auto first = daemon.receive();
        others_first += !first || first->type() != HVFB_HELLO;
    }
    end.store(true);
    other.join();
    EXPECT_EQ(lost, rounds);
    EXPECT_EQ(others_first, 0u);
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
