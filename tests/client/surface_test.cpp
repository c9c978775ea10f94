#include <fcntl.h>

#include <cerrno>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "surface_fixture.h"

namespace hvfb {
namespace {

TEST_F(SurfaceTest, passes_on_why_it_could_not_be_opened) {
    for (const int error : {-EACCES, -EBUSY, -ENOENT, -EHOSTUNREACH}) {
        daemon.refuse_with = error;
        EXPECT_EQ(open_surface(&surface, nullptr, ScriptedDaemon::connect), error);
        EXPECT_EQ(surface, nullptr);
    }
}

TEST_F(SurfaceTest, takes_options_of_every_smaller_size_and_reads_nothing_behind_them) {
    OpenOptions whole;
    // As a program has them that was compiled when flags, name and so on were not there yet.
    hvfb_open_options given = {.size = sizeof given,
                               .bus = "unix:path=/of/this/test",
                               .display = "display7",
                               .name = "older",
                               .flags = HVFB_OPEN_KEEP | HVFB_OPEN_UNTRACKED | HVFB_OPEN_BACKGROUND,
                               .message = nullptr,
                               .message_size = 0,
                               .place = [](void*, std::size_t) -> void* { return nullptr; },
                               .place_context = nullptr};
    Sentence why;
    ASSERT_EQ(whole.set(&given, why), 0);
    EXPECT_TRUE(whole.keep() && whole.untracked() && whole.background());
    for (given.size = sizeof given.size; given.size <= sizeof given;
         given.size += alignof(hvfb_open_options)) {
        OpenOptions taken;
        ASSERT_EQ(taken.set(&given, why), 0) << given.size;
        EXPECT_EQ(taken.keep(), given.size > offsetof(hvfb_open_options, flags));
        const bool named = given.size > offsetof(hvfb_open_options, name);
        EXPECT_EQ(std::strcmp(taken.name(), "older") == 0, named) << given.size;
        const bool with_display = given.size > offsetof(hvfb_open_options, display);
        EXPECT_STREQ(taken.display(), with_display ? "display7" : "display0") << given.size;
        EXPECT_EQ(taken.place().give != nullptr, given.size > offsetof(hvfb_open_options, place));
        const bool with_bus = given.size > offsetof(hvfb_open_options, bus);
        EXPECT_EQ(std::strcmp(taken.bus(), "unix:path=/of/this/test") == 0, with_bus) << given.size;
    }
    // Half of a member is none.
    for (given.size = 0; given.size < sizeof given; ++given.size) {
        OpenOptions taken;
        const bool sound = given.size > 0 && given.size % alignof(hvfb_open_options) == 0;
        EXPECT_EQ(taken.set(&given, why), sound ? 0 : -EINVAL) << given.size;
    }
}

TEST_F(SurfaceTest, takes_options_of_a_larger_size_where_the_rest_is_zero) {
    struct Later {
        hvfb_open_options options = {};
        std::uint64_t later = 0;
    } given;
    given.options.size = sizeof given;
    given.options.name = "newer";
    OpenOptions taken;
    Sentence why;
    EXPECT_EQ(taken.set(&given.options, why), 0);
    EXPECT_STREQ(taken.name(), "newer");
    given.later = 1;
    OpenOptions refused;
    EXPECT_EQ(refused.set(&given.options, why), -EINVAL);
    given.options.size = SIZE_MAX - 7;
    OpenOptions absurd;
    EXPECT_EQ(absurd.set(&given.options, why), -EINVAL);
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

// ThreadSanitizer looks at it.
TEST_F(SurfaceTest, is_waited_for_by_any_thread_while_another_takes_events) {
    surface = daemon.open();
    daemon.begin();
    std::uint64_t last = 0;
    constexpr int frames = 20;
    for (int i = 0; i < frames; ++i) ASSERT_EQ(hvfb_surface_request_frame(surface, &last), 0);
    const auto wait = [&] {
        for (std::uint64_t frame = 1; frame <= last; ++frame) {
            EXPECT_EQ(hvfb_surface_wait_frame(surface, frame, 5'000'000, nullptr), 0);
            EXPECT_EQ(hvfb_surface_is_shown(surface), 1);
        }
    };
    std::thread one(wait);
    std::thread other(wait);
    for (std::uint64_t frame = 1; frame <= last; ++frame) {
        daemon.send(HVFB_PRESENTED, ::hvfb_presented{{}, frame, frame, 0, 0});
        EXPECT_TRUE(told(HVFB_EVENT_PRESENTED));
        EXPECT_EQ(hvfb_surface_error(surface), 0);
    }
    one.join();
    other.join();
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

TEST(Connection, gives_the_errors_of_the_bus_the_errno_that_the_header_promises) {
    EXPECT_EQ(errno_of_bus_error("org.hvfbd.Framebuffer1.Error.Busy", 5), EBUSY);
    EXPECT_EQ(errno_of_bus_error("org.hvfbd.Framebuffer1.Error.AccessDenied", 5), EACCES);
    EXPECT_EQ(errno_of_bus_error("org.freedesktop.DBus.Error.ServiceUnknown", 5), EHOSTUNREACH);
    EXPECT_EQ(errno_of_bus_error("org.freedesktop.DBus.Error.TimedOut", 5), EHOSTUNREACH);
    EXPECT_EQ(errno_of_bus_error("org.freedesktop.DBus.Error.UnknownObject", 5), ENOENT);
    EXPECT_EQ(errno_of_bus_error("com.example.Other", 77), 77);
    // The bus cannot start it: it is not enabled, masked, or failed.
    for (const char* name :
         {"org.freedesktop.systemd1.NoSuchUnit", "org.freedesktop.systemd1.UnitMasked",
          "org.freedesktop.systemd1.LoadFailed", "org.freedesktop.DBus.Error.Spawn.ChildExited"})
        EXPECT_EQ(errno_of_bus_error(name, 5), EHOSTUNREACH) << name;
    EXPECT_EQ(errno_of_bus_error("org.freedesktop.systemd12.Other", 77), 77);
}

TEST(OpenOptions, take_a_name_that_the_daemon_takes_whatever_the_programs_file_is_called) {
    char* const name = program_invocation_short_name;
    const std::string longest(64, 'x');
    for (const auto& [called, named] : {std::pair<std::string, std::string>{"painter", "painter"},
                                        {longest + "-x86_64.AppImage", longest},
                                        {"a\tb\xff", "a_b_"},
                                        {"", "surface"}}) {
        std::string file = called;
        program_invocation_short_name = file.data();
        OpenOptions options;
        Sentence why;
        EXPECT_EQ(options.set(nullptr, why), 0);
        EXPECT_EQ(options.name(), named);
    }
    program_invocation_short_name = name;
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
