// What the next process of the daemon restores: surfaces, modes, frames, viewers, pictures.
#include <gtest/gtest.h>
#include <hvfb/hvfb.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>

#include <csignal>
#include <memory>

#include "adopted_surface.h"
#include "daemon_process.h"
#include "raw_client.h"
#include "restarts.h"
#include "rounds.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

std::uint64_t sum_of(AdoptedSurface& surface) {
    const hvfb_layout& layout = surface.layout();
    return hvfbd::testing::sum_of(surface.pixels(), layout.width, layout.height, layout.stride);
}

TEST(Restart, a_client_that_ends_while_no_daemon_runs_is_noticed_by_the_next) {
    DaemonProcess daemon({64, 64}, 0, DaemonProcess::Kind::managed);
    auto gone = std::make_unique<AdoptedSurface>(daemon.open());
    AdoptedSurface stays(daemon.open());
    daemon.signal(SIGSTOP);
    gone.reset();
    daemon.end_by(SIGKILL);
    ASSERT_TRUE(daemon.await_equal().none());
    EXPECT_EQ(daemon.counters().surfaces, 1u);
    EXPECT_FALSE(hvfb_surface_dispatch(stays.get()) & HVFB_EVENT_LOST);
}

TEST(Restart, a_mode_that_was_offered_and_not_taken_is_taken_from_the_next) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed);
    AdoptedSurface surface(daemon.open());
    ASSERT_TRUE(daemon.await_equal().none());
    for (unsigned i = 0; i < 10; ++i) {
        daemon.set_mode(i % 2 ? Mode{320, 200} : Mode{640, 480});
        ASSERT_TRUE(surface.await_event(HVFB_EVENT_CONFIGURE, 5s));
        if (i % 3 == 0) daemon.end_by(SIGKILL);
        ASSERT_EQ(hvfb_surface_configure(surface.get()), 0);
        if (i % 3 == 1) daemon.end_by(SIGKILL);
        surface.take_mode();
        ASSERT_EQ(surface.layout().width, i % 2 ? 320u : 640u);
        surface.pixels()[7] = i + 1;
        if (i % 3 == 2) daemon.end_by(SIGKILL);
        auto difference = daemon.await_equal();
        ASSERT_TRUE(difference.none());
        ASSERT_EQ(difference.front_sum, sum_of(surface)) << "after " << i;
    }
}

TEST(Restart, each_of_two_displays_restores_its_own_surfaces_mode_and_viewers) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed, 2);
    std::vector<std::unique_ptr<AdoptedSurface>> surfaces;
    std::vector<std::unique_ptr<AdoptedViewer>> viewers;
    for (unsigned display : {0U, 1U}) {
        daemon.turn_to(display);
        DisplaySettings settings;
        settings.refresh_limit = 200 + display;
        daemon.change_settings(settings);
        // Both displays have a surface1 and a viewer1.
        surfaces.push_back(std::make_unique<AdoptedSurface>(daemon.open()));
        viewers.push_back(std::make_unique<AdoptedViewer>(daemon.view()));
    }
    daemon.turn_to(1);
    daemon.open();  // nobody's, and reaped
    daemon.set_mode({400, 300});
    ASSERT_TRUE(surfaces[1]->await_event(HVFB_EVENT_CONFIGURE, 5s));
    ASSERT_EQ(hvfb_surface_configure(surfaces[1]->get()), 0);
    surfaces[1]->take_mode();
    unsigned count = restarts();
    for (unsigned i = 1; i <= count; ++i) {
        for (unsigned display : {0U, 1U}) surfaces[display]->pixels()[5] = 1000 * i + display;
        daemon.end_by(i % 2 ? SIGKILL : SIGTERM);
        for (unsigned display : {0U, 1U}) {
            daemon.turn_to(display);
            auto difference = daemon.await_equal(8s);
            ASSERT_TRUE(difference.none()) << "display" << display << " after " << i;
            ASSERT_EQ(difference.front_sum, sum_of(*surfaces[display]))
                << "display" << display << " after " << i;
            auto counters = daemon.counters();
            ASSERT_EQ(counters.surfaces, 1u);
            ASSERT_EQ(counters.viewers, 1u);
            ASSERT_EQ(counters.refresh_limit, 200 + display);
            const auto* seen = static_cast<const std::uint32_t*>(hvfb_viewer_pixels(viewers[display]->get()));
            Time end = clock_now() + 5s;
            while (seen[5] != 1000 * i + display && clock_now() < end) {
                int result = hvfb_viewer_wait(viewers[display]->get(), 1'000'000, nullptr);
                ASSERT_TRUE(result >= 0 || result == -ETIME) << result;
                seen = static_cast<const std::uint32_t*>(hvfb_viewer_pixels(viewers[display]->get()));
            }
            ASSERT_EQ(seen[5], 1000 * i + display);
        }
    }
    EXPECT_EQ(surfaces[0]->layout().width, 320u);
    EXPECT_EQ(surfaces[1]->layout().width, 400u);
    EXPECT_EQ(daemon.stored(), 7u) << "the state; of each display a buffer, its channel and the viewer's";
}

TEST(Restart, a_background_does_not_cover_a_program_and_its_picture_is_there_when_that_ends) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed);
    auto program = std::make_unique<AdoptedSurface>(daemon.open());
    AdoptedSurface console(daemon.open(false, true, "console", {}, Layer::background));
    for (std::uint32_t i = 1; i <= 3; ++i) {
        program->pixels()[1] = i;
        console.pixels()[1] = 1000 + i;
        auto difference = daemon.await_equal();
        ASSERT_TRUE(difference.none());
        ASSERT_EQ(difference.front_sum, sum_of(*program)) << "after " << i;
        daemon.end_by(i == 1 ? SIGTERM : SIGKILL);
    }
    program.reset();
    ASSERT_TRUE(daemon.await_equal().none());
    AdoptedSurface next(daemon.open());
    daemon.end_by(SIGKILL);
    auto difference = daemon.await_equal();
    ASSERT_TRUE(difference.none());
    EXPECT_EQ(difference.front_sum, sum_of(next));
}

TEST(Restart, a_frame_that_was_asked_for_is_answered_by_the_next) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed);
    AdoptedSurface surface(daemon.open());
    for (unsigned i = 0; i < rounds(30); ++i) {
        ASSERT_TRUE(daemon.await_equal().none());
        // It has read and shown nothing of what follows, or some of it: both happen.
        if (i % 2) daemon.signal(SIGSTOP);
        surface.pixels()[0] = i;
        std::uint64_t frame = 0;
        ASSERT_EQ(hvfb_surface_request_frame(surface.get(), &frame), 0);
        daemon.end_by(SIGKILL);
        ASSERT_EQ(hvfb_surface_wait_frame(surface.get(), frame, 5'000'000, nullptr), 0) << i;
    }
}

// What the client gets, but for the next PRESENTED, is of no interest here.
std::optional<hvfb_presented> next_presented(RawClient& client, Duration within) {
    for (Time end = clock_now() + within; clock_now() < end;) {
        auto received = client.receive();
        if (received && received->type() == HVFB_PRESENTED) return received->as<hvfb_presented>();
        pollfd readable{client.channel(), POLLIN, 0};
        if (!received) ::poll(&readable, 1, 100);
    }
    return std::nullopt;
}

TEST(Restart, a_frame_that_a_client_without_the_library_asked_for_is_answered_by_the_next) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed);
    auto opened = daemon.open(true);
    RawClient client(std::move(opened.channel), std::move(opened.buffer), opened.layout,
                     Mapping::Access::read_write);
    ASSERT_TRUE(client.hello(0));
    std::uint64_t frame = 0;
    for (int signal : {SIGKILL, SIGTERM, SIGABRT}) {
        ASSERT_TRUE(daemon.await_equal().none());
        daemon.refuse(100000);
        client.pixel(3, 4) = static_cast<std::uint32_t>(++frame);
        ASSERT_TRUE(client.damaged({3, 4, 4, 5}));
        ASSERT_TRUE(client.frame(frame));
        // It has read that, and its dispatch has ended, when it answers the second time.
        int unread = 1;
        while (::ioctl(client.channel(), SIOCOUTQ, &unread) == 0 && unread > 0) ::sched_yield();
        daemon.counters();
        daemon.counters();
        daemon.end_by(signal);
        auto presented = next_presented(client, 5s);
        ASSERT_TRUE(presented) << "after signal " << signal;
        EXPECT_EQ(presented->frame, frame);
        EXPECT_EQ(presented->flags & HVFB_PRESENTED_NOT_SHOWN, 0u);
        EXPECT_TRUE(daemon.await_equal().none());
    }
}

TEST(Restart, viewers_get_the_new_front) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed);
    AdoptedSurface surface(daemon.open());
    AdoptedViewer viewer(daemon.view());
    auto shows = [&] {
        const auto* seen = static_cast<const std::uint32_t*>(hvfb_viewer_pixels(viewer.get()));
        return seen[5] == surface.pixels()[5];
    };
    for (unsigned i = 1; i <= rounds(20); ++i) {
        surface.pixels()[5] = i;
        if (i % 2) daemon.end_by(i % 4 == 1 ? SIGKILL : SIGTERM);
        Time end = clock_now() + 5s;
        while (!shows() && clock_now() < end) {
            int result = hvfb_viewer_wait(viewer.get(), 1'000'000, nullptr);
            ASSERT_TRUE(result >= 0 || result == -ETIME) << result;
            const auto* seen = static_cast<const std::uint32_t*>(hvfb_viewer_pixels(viewer.get()));
            ASSERT_TRUE(result != 1 || seen[5] + 1 >= i) << "a new front that no client drew";
        }
        ASSERT_TRUE(shows()) << i;
        ASSERT_EQ(daemon.counters().viewers, 1u);
    }
}

TEST(ANewMode, is_shown_to_a_viewer_with_the_first_frame_that_its_client_drew) {
    DaemonProcess daemon({320, 200});
    AdoptedSurface surface(daemon.open());
    AdoptedViewer viewer(daemon.view());
    surface.pixels()[5] = 0x55;
    ASSERT_TRUE(daemon.await_equal().none());
    for (unsigned i = 0; i < rounds(20); ++i) {
        daemon.set_mode(i % 2 ? Mode{320, 200} : Mode{640, 480});
        hvfb_viewer_frame frame{};
        int result = 0;
        while (result == 0) result = hvfb_viewer_wait(viewer.get(), 5'000'000, &frame);
        ASSERT_EQ(result, 1);
        ASSERT_EQ(frame.rects[0].width, i % 2 ? 320u : 640u);
        ASSERT_EQ(static_cast<const std::uint32_t*>(hvfb_viewer_pixels(viewer.get()))[5], 0x55u) << i;
        if (i % 3 == 0) surface.take_mode();
    }
}

TEST(Restart, the_numbers_of_frames_that_are_sent_to_a_viewer_grow_however_the_daemon_ends) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed);
    AdoptedSurface surface(daemon.open());
    AdoptedViewer viewer(daemon.view());
    std::uint64_t last = 0;
    for (unsigned i = 1; i <= rounds(20); ++i) {
        surface.pixels()[5] = i;
        // It has asked for the next frame, and may get it while the daemon ends.
        if (i % 2) daemon.end_by(i % 4 == 1 ? SIGTERM : SIGKILL);
        hvfb_viewer_frame frame{};
        for (unsigned waits = 0; waits < 3 || frame.frame == 0; ++waits) {
            int result = hvfb_viewer_wait(viewer.get(), waits < 3 ? 50'000 : 1'000'000, &frame);
            if (result == -ETIME) continue;
            ASSERT_GE(result, 0);
            if (result == 0) {
                ASSERT_GT(frame.frame, last) << i;
                last = frame.frame;
            }
        }
    }
}

TEST(Restart, a_kept_picture_is_restored_and_a_client_comes_back_to_it) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed);
    {
        AdoptedSurface surface(daemon.open(false, true, "kept"));
        surface.pixels()[0] = 0x123456;
        ASSERT_TRUE(daemon.await_equal().none());
    }
    ASSERT_TRUE(daemon.await_equal().none());
    daemon.end_by(SIGKILL);
    ASSERT_TRUE(daemon.await_equal().none());
    ASSERT_EQ(daemon.counters().surfaces, 1u);
    AdoptedSurface again(daemon.open(false, true, "kept"));
    EXPECT_EQ(again.pixels()[0], 0x123456u);
    EXPECT_EQ(daemon.counters().surfaces, 1u);
    again.pixels()[1] = 7;
    daemon.end_by(SIGKILL);
    auto difference = daemon.await_equal();
    EXPECT_TRUE(difference.none());
    EXPECT_EQ(difference.front_sum, sum_of(again));
}

TEST(Restart, what_is_closed_leaves_the_store) {
    DaemonProcess daemon({64, 64}, 0, DaemonProcess::Kind::managed);
    for (unsigned i = 0; i < 20; ++i) {
        AdoptedSurface surface(daemon.open());
        ASSERT_TRUE(daemon.await_equal().none());
        if (i == 10) daemon.end_by(SIGKILL);
    }
    while (daemon.counters().surfaces > 0) {
    }
    daemon.end_by(SIGKILL);
    daemon.counters();
    EXPECT_EQ(daemon.stored(), 1u) << "the state alone";
}

}  // namespace
}  // namespace hvfbd::testing
