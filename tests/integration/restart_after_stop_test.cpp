// The daemon is stopped for good and started again: its clients are told, and come back.
#include <gtest/gtest.h>
#include <hvfb/hvfb.h>
#include <poll.h>
#include <sched.h>

#include <atomic>
#include <random>
#include <thread>

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
    DaemonProcess::Opened from = stopped_daemon->open();
    opened.buffer = hvfb::Descriptor(from.buffer.release());
    opened.channel = hvfb::Descriptor(from.channel.release());
    opened.layout = {from.layout.width, from.layout.height, from.layout.stride, from.layout.format,
                     from.layout.size};
    return 0;
}
int await_again(const hvfb::OpenOptions&, int interrupt) {
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
        // The library waits a second longer before each new attempt, then two.
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

}  // namespace
}  // namespace hvfbd::testing
