// The daemon is stopped for good and started again: its clients get an event, and come back.
#include <gtest/gtest.h>
#include <hvfb/hvfb.h>
#include <poll.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "adopted_surface.h"
#include "daemon_process.h"
#include "surface.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

TEST(Restart, after_a_stop_for_good_clients_are_told_and_nothing_stays_in_the_store) {
    DaemonProcess daemon({64, 64}, 0, DaemonProcess::Kind::managed);
    AdoptedSurface surface(daemon.open());
    ASSERT_TRUE(daemon.await_equal().none());
    daemon.stop_for_good();
    EXPECT_TRUE(surface.await_event(HVFB_EVENT_LOST, 5s));
    surface.pixels()[0] = 1;  // goes on
    daemon.start_again();
    EXPECT_EQ(daemon.counters().surfaces, 0u);
    EXPECT_EQ(daemon.stored(), 0u);
}

// The way back to the daemon, for the library's own thread.
DaemonProcess* stopped_daemon = nullptr;  // NOLINT: plain functions find it here
std::atomic<bool> daemon_is_back{false};  // NOLINT

int open_again(const hvfb::OpenOptions&, int, hvfb::Opened& opened) {
    // As OpenSurface takes it.
    std::optional<Layout> layout;
    if (opened.layout.width > 0)
        layout = Layout{opened.layout.width, opened.layout.height, opened.layout.stride, opened.layout.format,
                        opened.layout.size};
    DaemonProcess::Opened from = stopped_daemon->open(false, false, "test", layout);
    opened.buffer = hvfb::Descriptor(from.buffer.release());
    opened.channel = hvfb::Descriptor(from.channel.release());
    opened.layout = {from.layout.width, from.layout.height, from.layout.stride, from.layout.format,
                     from.layout.size};
    return 0;
}
int await_again(const hvfb::OpenOptions&, int interrupt, const hvfb::DaemonName*, hvfb::Absence) {
    for (;;) {
        pollfd woken{interrupt, POLLIN, 0};
        if (::poll(&woken, 1, 2) == 1) return 0;
        if (daemon_is_back.load()) return 1;
    }
}

// A thread that draws on a surface for as long as it lives.
class Artist {
  public:
    Artist(std::uint32_t* pixels, const hvfb_layout& layout)
        : pixels_(pixels), layout_(layout), thread_([this] { run(); }) {}
    ~Artist() {
        end_.store(true);
        thread_.join();
    }
    // Returns when it has stored its last pixel for now.
    void pause() {
        paused_.store(true);
        while (!resting_.load()) std::this_thread::yield();
    }
    void go_on() {
        paused_.store(false);
        while (resting_.load()) std::this_thread::yield();
    }

  private:
    void run() {
        std::mt19937_64 random(7);
        std::uint64_t row = layout_.stride / 4;
        while (!end_.load()) {
            resting_.store(paused_.load());
            if (!resting_.load())
                std::atomic_ref(pixels_[random() % layout_.height * row + random() % layout_.width])
                    .store(static_cast<std::uint32_t>(random()), std::memory_order_relaxed);
            timespec moment{0, 50'000};
            ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
        }
        resting_.store(true);
    }

    std::uint32_t* pixels_;
    hvfb_layout layout_;
    std::atomic<bool> end_{false}, paused_{false}, resting_{false};
    std::thread thread_;
};

TEST(Restart, after_a_stop_for_good_the_library_comes_back_by_itself_while_a_thread_stores) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed);
    stopped_daemon = &daemon;
    hvfb_surface* surface = nullptr;
    ASSERT_EQ(hvfb::open_surface(&surface, nullptr, open_again, await_again), 0);
    hvfb_layout layout{};
    hvfb_surface_layout(surface, &layout);
    void* pixels = hvfb_surface_pixels(surface);
    {
        Artist artist(static_cast<std::uint32_t*>(pixels), layout);
        // The library waits longer before each new attempt.
        for (unsigned i = 0; i < 3; ++i) {
            daemon_is_back.store(false);
            daemon.stop_for_good();
            pollfd told{hvfb_surface_fd(surface), POLLIN, 0};
            int events = 0;
            while (!(events & HVFB_EVENT_LOST) && ::poll(&told, 1, 5000) == 1)
                events |= hvfb_surface_dispatch(surface);
            ASSERT_TRUE(events & HVFB_EVENT_LOST);
            daemon.start_again();
            daemon_is_back.store(true);
            std::uint64_t frame = 0;
            Time end = clock_now() + 10s;
            while (hvfb_surface_request_frame(surface, &frame) == -ENOTCONN && clock_now() < end)
                ::sched_yield();
            ASSERT_EQ(hvfb_surface_wait_frame(surface, frame, 5'000'000, nullptr), 0);
            ASSERT_EQ(hvfb_surface_reconnect(surface), -EISCONN);
            ASSERT_EQ(hvfb_surface_pixels(surface), pixels);
            artist.pause();
            auto difference = daemon.await_equal(8s);
            ASSERT_TRUE(difference.none());
            ASSERT_EQ(difference.front_sum,
                      hvfbd::testing::sum_of(pixels, layout.width, layout.height, layout.stride));
            ASSERT_EQ(daemon.counters().surfaces, 1u);
            artist.go_on();
        }
    }
    // Ends also while it waits.
    daemon_is_back.store(false);
    daemon.stop_for_good();
    hvfb_surface_close(surface);
}

// What is seen of `pixels` in the daemon's front: clipped, and black beside it.
std::uint64_t clipped_sum(const void* pixels, const hvfb_layout& layout, Mode mode) {
    std::vector<std::uint32_t> seen(std::size_t{mode.width} * mode.height);
    for (std::uint32_t y = 0; y < std::min(mode.height, layout.height); ++y)
        std::memcpy(&seen[std::size_t{y} * mode.width],
                    static_cast<const std::byte*>(pixels) + std::size_t{y} * layout.stride,
                    std::size_t{std::min(mode.width, layout.width)} * 4);
    return hvfbd::testing::sum_of(seen.data(), mode.width, mode.height, mode.width * 4);
}

bool told(hvfb_surface* surface, int event) {
    pollfd readable{hvfb_surface_fd(surface), POLLIN, 0};
    while (::poll(&readable, 1, 10'000) == 1)
        if (hvfb_surface_dispatch(surface) & event) return true;
    return false;
}

TEST(Restart, a_surface_comes_back_clipped_where_the_mode_is_another_one_and_then_takes_it) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed);
    stopped_daemon = &daemon;
    hvfb_surface* surface = nullptr;
    ASSERT_EQ(hvfb::open_surface(&surface, nullptr, open_again, await_again), 0);
    hvfb_layout layout{};
    hvfb_surface_layout(surface, &layout);
    auto* pixels = static_cast<std::uint32_t*>(hvfb_surface_pixels(surface));
    // Smaller, larger, the old one again, and another one.
    for (Mode mode : {Mode{100, 300}, Mode{640, 480}, Mode{320, 200}, Mode{319, 199}}) {
        daemon_is_back.store(false);
        daemon.stop_for_good();
        ASSERT_TRUE(told(surface, HVFB_EVENT_LOST));
        EXPECT_LT(hvfb_surface_error(surface), 0);
        for (std::uint32_t i = 0; i < 320 * 200; ++i) pixels[i] = i * 7919 + mode.width;
        daemon.start_again();
        daemon.set_mode(mode);
        daemon_is_back.store(true);
        ASSERT_TRUE(told(surface, HVFB_EVENT_BACK));
        EXPECT_EQ(hvfb_surface_error(surface), 0);
        ASSERT_EQ(hvfb_surface_pixels(surface), pixels);
        // As it was, and with what is stored from now on.
        for (int round = 0; round < 2; ++round) {
            std::uint64_t frame = 0;
            ASSERT_EQ(hvfb_surface_request_frame(surface, &frame), 0);
            ASSERT_EQ(hvfb_surface_wait_frame(surface, frame, 5'000'000, nullptr), 0);
            EXPECT_EQ(daemon.await_equal(1s).front_sum, clipped_sum(pixels, layout, mode)) << mode.width;
            pixels[20 * 320 + 20] += 1;
        }
    }
    ASSERT_EQ(hvfb_surface_configure(surface), 0);
    hvfb_surface_layout(surface, &layout);
    EXPECT_EQ(layout.width, 319u);
    static_cast<std::uint32_t*>(hvfb_surface_pixels(surface))[198 * layout.stride / 4 + 318] = 0x99;
    EXPECT_TRUE(daemon.await_equal().none());
    EXPECT_EQ(daemon.counters().surfaces, 1u);
    hvfb_surface_close(surface);
}

}  // namespace
}  // namespace hvfbd::testing
