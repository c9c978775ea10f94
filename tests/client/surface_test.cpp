#include "surface.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <thread>

#include "scripted_daemon.h"
#include "viewer.h"

namespace hvfb {
namespace {

struct SurfaceTest : testing::Test {
    ScriptedDaemon daemon;
    hvfb_surface* surface = nullptr;

    ~SurfaceTest() override { hvfb_surface_close(surface); }
    std::uint32_t* pixels() { return static_cast<std::uint32_t*>(hvfb_surface_pixels(surface)); }
    bool told(int event) {
        pollfd readable = {.fd = hvfb_surface_fd(surface), .events = POLLIN, .revents = 0};
        while (poll(&readable, 1, 5000) == 1)
            if (hvfb_surface_dispatch(surface) & event) return true;
        return false;
    }
    hvfb_rect damaged() {
        const auto packet = daemon.next(HVFB_DAMAGED);
        if (!packet || packet->as<hvfb_damaged>().kind != HVFB_DAMAGED_RECTANGLES) return {};
        const auto rects = packet->rest<hvfb_damaged, hvfb_rect>();
        return rects.size() == 1 ? rects[0] : hvfb_rect{};
    }
};

bool operator==(const hvfb_rect& a, const hvfb_rect& b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

TEST_F(SurfaceTest, passes_on_why_it_could_not_be_opened) {
    for (const int error : {-EACCES, -EBUSY, -ENOENT, -EHOSTUNREACH}) {
        daemon.refuse_with = error;
        EXPECT_EQ(open_surface(&surface, nullptr, ScriptedDaemon::connect), error);
        EXPECT_EQ(surface, nullptr);
    }
}

TEST_F(SurfaceTest, refuses_options_that_it_does_not_know) {
    hvfb_open_options options = {};
    EXPECT_EQ(open_surface(&surface, &options, ScriptedDaemon::connect), -EINVAL);
    options.size = sizeof options;
    options.flags = 8;
    EXPECT_EQ(open_surface(&surface, &options, ScriptedDaemon::connect), -EINVAL);
    options.flags = 0;
    options.display = "../x";
    EXPECT_EQ(open_surface(&surface, &options, ScriptedDaemon::connect), -EINVAL);
}

TEST_F(SurfaceTest, refuses_a_layout_that_is_greater_than_its_buffer_or_overlaps_itself) {
    for (const Layout& layout :
         {Layout{640, 400, 640 * 4, 0, 640 * 4 * 399}, Layout{640, 400, 600 * 4, 0, 1 << 20},
          Layout{0, 0, 0, 0, 0}, Layout{0xffffffff, 0xffffffff, 0xfffffffc, 0, 1 << 20}}) {
        daemon.layout = layout;
        daemon.layout.size = std::max<std::uint64_t>(layout.size, 4096);
        EXPECT_EQ(open_surface(&surface, nullptr, ScriptedDaemon::connect), -EPROTO);
    }
}

TEST_F(SurfaceTest, seals_its_buffer_so_that_nobody_else_can_write_to_it) {
    surface = daemon.open();
    EXPECT_EQ(fcntl(daemon.buffer(), F_GET_SEALS) & (F_SEAL_FUTURE_WRITE | F_SEAL_SEAL),
              F_SEAL_FUTURE_WRITE | F_SEAL_SEAL);
    EXPECT_EQ(pwrite(daemon.buffer(), "x", 1, 0), -1);
    pixels()[0] = 1;
    EXPECT_EQ(daemon.shadow()[0], std::byte{1});
}

TEST_F(SurfaceTest, says_whether_it_is_shown) {
    surface = daemon.open();
    EXPECT_EQ(hvfb_surface_is_shown(surface), 0);
    daemon.send_state(HVFB_TRACKING_AUTO);
    ASSERT_TRUE(told(HVFB_EVENT_VISIBLE));
    EXPECT_EQ(hvfb_surface_is_shown(surface), 1);
    daemon.send_state(HVFB_TRACKING_OFF, 0, HVFB_STATE_VISIBLE);
    ASSERT_TRUE(told(HVFB_EVENT_VISIBLE));
    EXPECT_EQ(hvfb_surface_is_shown(surface), 0);
}

TEST_F(SurfaceTest, waits_for_a_frame_that_was_asked_for) {
    surface = daemon.open();
    std::uint64_t frame = 0;
    EXPECT_EQ(hvfb_surface_wait_frame(surface, 1, 0, nullptr), -EINVAL);
    ASSERT_EQ(hvfb_surface_request_frame(surface, &frame), 0);
    const auto asked = daemon.next(HVFB_FRAME);
    ASSERT_TRUE(asked);
    EXPECT_EQ(asked->as<hvfb_frame>().frame, frame);
    EXPECT_EQ(hvfb_surface_wait_frame(surface, frame, 0, nullptr), -ETIME);
    EXPECT_EQ(hvfb_surface_wait_frame(surface, frame, 2000, nullptr), -ETIME);
    std::thread answer([&] {
        daemon.send(HVFB_PRESENTED, ::hvfb_presented{{}, frame, 42, HVFB_PRESENTED_NOT_SHOWN, 0});
    });
    hvfb_presentation presented = {};
    EXPECT_EQ(hvfb_surface_wait_frame(surface, frame, UINT64_MAX, &presented), 0);
    answer.join();
    EXPECT_EQ(presented.frame, frame);
    EXPECT_EQ(presented.time, 42u);
    EXPECT_EQ(presented.shown, 0u);
    EXPECT_TRUE(told(HVFB_EVENT_PRESENTED));
}

TEST_F(SurfaceTest, does_not_wait_for_a_daemon_that_is_gone) {
    surface = daemon.open();
    std::uint64_t frame = 0;
    ASSERT_EQ(hvfb_surface_request_frame(surface, &frame), 0);
    std::thread hangs_up([&] { daemon.hang_up(); });
    EXPECT_EQ(hvfb_surface_wait_frame(surface, frame, 5'000'000, nullptr), -ENOTCONN);
    hangs_up.join();
}

TEST_F(SurfaceTest, tells_damage_and_the_bounds_of_frames) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    EXPECT_EQ(daemon.hello_flags, 0u);
    EXPECT_STREQ(hvfb_surface_tracking(surface), "none");
    const std::vector<hvfb_rect> rects(70, hvfb_rect{1, 2, 3, 4});
    EXPECT_EQ(hvfb_surface_begin(surface), 0);
    EXPECT_EQ(hvfb_surface_damage(surface, rects.data(), rects.size()), 0);
    EXPECT_EQ(hvfb_surface_end(surface), 0);
    EXPECT_TRUE(daemon.next(HVFB_BEGIN));
    std::size_t told = 0;
    for (int i = 0; i < 3; ++i) told += daemon.next(HVFB_DAMAGED)->as<hvfb_damaged>().count;
    EXPECT_EQ(told, rects.size());
    EXPECT_TRUE(daemon.next(HVFB_END));
    EXPECT_EQ(hvfb_surface_damage(surface, nullptr, 0), 0);
    EXPECT_EQ(damaged().width, UINT32_MAX);
}

TEST_F(SurfaceTest, protects_nothing_of_an_untracked_surface) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    daemon.send_state(HVFB_TRACKING_AUTO);
    EXPECT_TRUE(told(HVFB_EVENT_VISIBLE));
    pixels()[0] = 1;
    EXPECT_FALSE(daemon.receive(20));
}

TEST_F(SurfaceTest, fills_what_lies_on_it_and_tells_that) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    const hvfb_rect corner = {630, 390, 100, 0xffffffff};
    EXPECT_EQ(hvfb_surface_fill(surface, &corner, 0x123456), 0);
    EXPECT_TRUE((damaged() == hvfb_rect{630, 390, 10, 10}));
    EXPECT_EQ(pixels()[390 * 640 + 630], 0x123456u);
    EXPECT_EQ(pixels()[399 * 640 + 639], 0x123456u);
    EXPECT_EQ(pixels()[389 * 640 + 630], 0u);
    EXPECT_EQ(pixels()[390 * 640 + 629], 0u);
    const hvfb_rect outside = {640, 0, 5, 5};
    EXPECT_EQ(hvfb_surface_fill(surface, &outside, 1), 0);
    EXPECT_FALSE(daemon.receive(0));
}

TEST_F(SurfaceTest, copies_onto_itself_in_every_direction) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    struct Step {
        std::uint32_t x, y;
    };
    for (const Step& to :
         {Step{12, 12}, Step{8, 8}, Step{12, 8}, Step{8, 12}, Step{10, 13}, Step{13, 10}, Step{630, 395}}) {
        for (std::uint32_t i = 0; i < 640 * 400; ++i) pixels()[i] = i;
        const hvfb_rect source = {10, 10, 20, 20};
        EXPECT_EQ(hvfb_surface_copy(surface, &source, to.x, to.y), 0);
        const std::uint32_t width = std::min(20u, 640 - to.x), height = std::min(20u, 400 - to.y);
        EXPECT_TRUE((damaged() == hvfb_rect{to.x, to.y, width, height}));
        for (std::uint32_t y = 0; y < height; ++y)
            for (std::uint32_t x = 0; x < width; ++x)
                ASSERT_EQ(pixels()[(to.y + y) * 640 + to.x + x], (10 + y) * 640 + 10 + x);
    }
}

TEST_F(SurfaceTest, draws_what_lies_on_it_of_a_picture) {
    surface = daemon.open(HVFB_OPEN_UNTRACKED);
    std::vector<std::uint32_t> picture(30 * 30);
    for (std::uint32_t i = 0; i < picture.size(); ++i) picture[i] = i + 1;
    const hvfb_rect rect = {620, 5, 30, 30};
    EXPECT_EQ(hvfb_surface_blit(surface, &rect, picture.data(), 30 * 4), 0);
    EXPECT_TRUE((damaged() == hvfb_rect{620, 5, 20, 30}));
    EXPECT_EQ(pixels()[5 * 640 + 620], 1u);
    EXPECT_EQ(pixels()[34 * 640 + 639], 29 * 30 + 20u);
    EXPECT_EQ(pixels()[6 * 640], 0u);
}

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

// What a child does, and whether it exits with 0.
template <typename Child>
bool child_succeeds(Child child) {
    const pid_t pid = fork();
    if (pid == 0) _exit(child() ? 0 : 1);
    int status = 0;
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_F(SurfaceTest, leaves_a_child_private_pixels_and_calls_that_say_so) {
    surface = daemon.open();
    daemon.begin();
    hvfb_surface* other = daemon.open(HVFB_OPEN_UNTRACKED);
    pixels()[5] = 55;
    static_cast<std::uint32_t*>(hvfb_surface_pixels(other))[6] = 66;
    const auto child = [&] {
        hvfb_layout layout;
        const hvfb_rect rect = {0, 0, 1, 1};
        std::uint32_t* mine = pixels();
        bool good = mine[5] == 55 && static_cast<std::uint32_t*>(hvfb_surface_pixels(other))[6] == 66;
        mine[5] = 1;
        static_cast<std::uint32_t*>(hvfb_surface_pixels(other))[6] = 1;
        for (hvfb_surface* each : {surface, other})
            good =
                good && hvfb_surface_layout(each, &layout) == -ECHILD && hvfb_surface_fd(each) == -ECHILD &&
                hvfb_surface_dispatch(each) == -ECHILD && hvfb_surface_configure(each) == -ECHILD &&
                hvfb_surface_damage(each, nullptr, 0) == -ECHILD && hvfb_surface_begin(each) == -ECHILD &&
                hvfb_surface_end(each) == -ECHILD && hvfb_surface_request_frame(each, nullptr) == -ECHILD &&
                hvfb_surface_wait_frame(each, 1, 0, nullptr) == -ECHILD &&
                hvfb_surface_fill(each, &rect, 1) == -ECHILD &&
                hvfb_surface_copy(each, &rect, 1, 1) == -ECHILD &&
                hvfb_surface_blit(each, &rect, &rect, 4) == -ECHILD &&
                hvfb_surface_reconnect(each) == -ECHILD && hvfb_surface_is_shown(each) == -ECHILD;
        // A child of the child keeps what it had.
        good = good && child_succeeds([&] { return mine[5] == 1; });
        hvfb_surface_close(other);
        hvfb_surface_close(surface);
        return good;
    };
    EXPECT_TRUE(child_succeeds(child));
    EXPECT_EQ(pixels()[5], 55u);
    EXPECT_EQ(static_cast<std::uint32_t*>(hvfb_surface_pixels(other))[6], 66u);
    hvfb_surface_close(other);
}

TEST_F(SurfaceTest, is_hung_up_when_its_program_goes_though_a_child_lives) {
    surface = daemon.open();
    int pipe_ends[2];
    ASSERT_EQ(pipe2(pipe_ends, O_CLOEXEC), 0);
    const Descriptor reading(pipe_ends[0]);
    Descriptor writing(pipe_ends[1]);
    const pid_t pid = fork();
    if (pid == 0) {
        writing.reset();
        char byte = 0;
        _exit(static_cast<int>(read(reading.get(), &byte, 1)));
    }
    hvfb_surface_close(surface);
    surface = nullptr;
    pollfd readable = {.fd = daemon.channel(), .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&readable, 1, 5000), 1);
    EXPECT_TRUE(readable.revents & POLLHUP);
    writing.reset();
    waitpid(pid, nullptr, 0);
}

TEST_F(SurfaceTest, can_fork_while_other_threads_store_and_call) {
    surface = daemon.open();
    daemon.begin();
    std::atomic<bool> stop = false;
    std::thread caller([&] {
        while (!stop) hvfb_surface_damage(surface, nullptr, 0);
    });
    std::thread writer([&] {
        for (std::uint32_t i = 0; !stop; ++i) __atomic_store_n(pixels() + i % 256000, i, __ATOMIC_RELAXED);
    });
    std::thread reader([&] {
        while (!stop) daemon.receive(1);
    });
    for (int i = 0; i < 20; ++i)
        EXPECT_TRUE(child_succeeds([&] {
            pixels()[0] = 1;
            return hvfb_surface_damage(surface, nullptr, 0) == -ECHILD;
        }));
    stop = true;
    caller.join();
    writer.join();
    reader.join();
}

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
    ASSERT_EQ(hvfb_viewer_wait(viewer, 5'000'000, &frame), 1);
    EXPECT_EQ(frame.count, 1u);
    EXPECT_EQ(frame.rects[0].width, 800u);
    EXPECT_EQ(*static_cast<const char*>(hvfb_viewer_pixels(viewer)), 7);
    EXPECT_EQ(daemon.next(HVFB_CONFIGURED)->as<hvfb_configured>().serial, 9u);
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

TEST(Connection, gives_the_errors_of_the_bus_the_errno_that_the_header_promises) {
    EXPECT_EQ(errno_of_bus_error("org.hvfbd.Framebuffer1.Error.Busy", 5), EBUSY);
    EXPECT_EQ(errno_of_bus_error("org.hvfbd.Framebuffer1.Error.AccessDenied", 5), EACCES);
    EXPECT_EQ(errno_of_bus_error("org.freedesktop.DBus.Error.ServiceUnknown", 5), EHOSTUNREACH);
    EXPECT_EQ(errno_of_bus_error("org.freedesktop.DBus.Error.UnknownObject", 5), ENOENT);
    EXPECT_EQ(errno_of_bus_error("com.example.Other", 77), 77);
}

TEST(Connection, says_that_there_is_no_daemon_where_there_is_no_bus) {
    hvfb_open_options options = {};
    options.size = sizeof options;
    options.bus = "unix:path=/nonexistent/bus";
    hvfb_surface* surface = nullptr;
    EXPECT_EQ(hvfb_surface_open(&surface, &options), -EHOSTUNREACH);
    hvfb_viewer* viewer = nullptr;
    EXPECT_EQ(hvfb_viewer_open(&viewer, &options), -EHOSTUNREACH);
}

}  // namespace
}  // namespace hvfb
