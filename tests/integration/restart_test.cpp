// The daemon is ended again and again, in every way, while clients draw: they notice nothing, and nothing is
// lost.
#include <gtest/gtest.h>
#include <hvfb/hvfb.h>
#include <poll.h>
#include <sched.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <random>
#include <thread>

#include "adopted_surface.h"
#include "daemon_process.h"
#include "drawing_process.h"
#include "host_process.h"
#include "rounds.h"
#include "standstill_watch.h"
#include "viewer.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

// 20 of each in a daily run; the acceptance of the whole is HVFBD_RESTARTS=1000.
unsigned restarts() {
    const char* wanted = std::getenv("HVFBD_RESTARTS");
    return wanted ? static_cast<unsigned>(std::atoi(wanted)) : rounds(20);
}

// Four clients.
struct Studio {
    explicit Studio(DaemonProcess& daemon) {
        for (unsigned i = 0; i < 4; ++i)
            clients.push_back(std::make_unique<DrawingProcess>(daemon.open(), i));
    }
    void pause() {
        for (auto& client : clients) client->pause();
    }
    void go_on() {
        for (auto& client : clients) client->go_on();
    }
    // What programs hear of it: nothing, whatever happens to the daemon.
    int end() {
        int events = 0;
        for (auto& client : clients) events |= client->end();
        return events & (HVFB_EVENT_LOST | HVFB_EVENT_REVOKED | HVFB_EVENT_CONFIGURE);
    }
    // The acceptance is no store blocked for more than 10 ms in HVFBD_RESTARTS=1000; times are printed, and
    // fail no test. What is above is told one by one, with what of it was this machine's.
    void print(unsigned count, const char* what) const {
        Duration longest{}, longest_blocked{};
        std::uint64_t stores = 0;
        auto ms = [](Duration time) { return std::chrono::duration<double, std::milli>(time).count(); };
        unsigned blocked_long = 0;
        for (const auto& client : clients) {
            longest = std::max(longest, client->longest());
            longest_blocked = std::max(longest_blocked, client->longest_blocked());
            stores += client->stores();
            for (const auto& slow : client->slow_stores()) {
                Duration took = slow.until - slow.from,
                         stood_still = standstill.between(slow.from, slow.until);
                // Both may be the same time: who waits for a processor waits longer when that stands still.
                Duration blocked = took - std::max(slow.queued, stood_still);
                if (blocked > 10ms) ++blocked_long;
                ::printf(
                    "a store took %.2f ms: %.2f in the queue for a processor, %.2f while one stood still\n",
                    ms(took), ms(slow.queued), ms(stood_still));
            }
        }
        ::printf(
            "%u times %s; %llu stores, %u blocked for more than 10 ms; the longest took %.2f ms, without the "
            "queue for a processor %.2f ms; a processor stood still for %s%.2f ms\n",
            count, what, static_cast<unsigned long long>(stores), blocked_long, ms(longest),
            ms(longest_blocked), standstill.watches() ? "up to " : "not watched, ", ms(standstill.longest()));
    }

    StandstillWatch standstill;
    std::vector<std::unique_ptr<DrawingProcess>> clients;
};

std::uint64_t sum_of(AdoptedSurface& surface) {
    const hvfb_layout& layout = surface.layout();
    return hvfbd::testing::sum_of(surface.pixels(), layout.width, layout.height, layout.stride);
}
std::uint64_t sum_of(const DrawingProcess& client) {
    const Layout& layout = client.layout();
    return hvfbd::testing::sum_of(client.pixels(), layout.width, layout.height, layout.stride);
}

struct Way {
    const char* name;
    int signal;
    const char* features;
};
void PrintTo(const Way& way, std::ostream* out) {
    *out << way.name;
}

class Ended : public ::testing::TestWithParam<Way> {
  protected:
    void SetUp() override { ::setenv("HVFB_FEATURES", GetParam().features, 1); }
    void TearDown() override { ::unsetenv("HVFB_FEATURES"); }
};

// Ends the daemon at any moment, and sees that the surface shown is its client's, pixel by pixel.
TEST_P(Ended, again_and_again_it_shows_what_its_clients_drew_meanwhile) {
    DaemonProcess daemon({640, 480}, 640 * 4 + 64, DaemonProcess::Kind::managed);
    Tuning tuning;
    tuning.refresh_limit = 200;
    daemon.set_tuning(tuning);
    Studio studio(daemon);
    std::mt19937_64 random(42);
    unsigned count = restarts();
    for (unsigned i = 0; i < count; ++i) {
        timespec moment{0, static_cast<long>(random() % 8000) * 1000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
        if (GetParam().signal) daemon.end_by(GetParam().signal);
        if (i % 2 == 0) ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
        studio.pause();
        for (unsigned which : {i % 4, (i + 1) % 4}) {
            daemon.activate(which + 1);
            auto difference = daemon.await_equal(8s);
            ASSERT_EQ(difference.front_shadow, 0u) << "after " << i;
            ASSERT_EQ(difference.scanout_front, 0u) << "after " << i;
            ASSERT_EQ(difference.host_front, 0u) << "after " << i;
            ASSERT_EQ(difference.front_sum, sum_of(*studio.clients[which])) << "after " << i;
        }
        auto counters = daemon.counters();
        ASSERT_EQ(counters.surfaces, 4u);
        ASSERT_EQ(counters.refresh_limit, 200u) << "what was set over the bus is kept";
        studio.go_on();
    }
    EXPECT_EQ(studio.end(), 0);
    studio.print(count, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(
    InEveryWay, Ended,
    ::testing::Values(Way{"not ended, to compare with", 0, ""}, Way{"killed", SIGKILL, ""},
                      Way{"asked to end", SIGTERM, ""}, Way{"aborted", SIGABRT, ""},
                      Way{"killed, clients scan", SIGKILL, "no-announce"},
                      Way{"killed, clients announce", SIGKILL, "no-scan"},
                      Way{"killed, clients have no tracker", SIGKILL, "no-announce,no-scan"}));

std::string difference(HostProcess& host, const DrawingProcess& client) {
    HostProcess::Picture window = host.window();
    const Layout& layout = client.layout();
    if (window.width != layout.width || window.height != layout.height) return "another size";
    std::size_t different = 0;
    for (std::uint32_t y = 0; y < layout.height; ++y)
        for (std::uint32_t x = 0; x < layout.width; ++x)
            different += window.pixels[std::size_t{y} * layout.width + x] !=
                         client.pixels()[y * (layout.stride / 4) + x];
    return different == 0 ? "" : std::to_string(different) + " pixels";
}

class AHostOf : public ::testing::TestWithParam<Way> {};

TEST_P(AHostOf, a_daemon_that_ends_sees_one_session_and_the_picture) {
    HostProcess host({"--one-rectangle"});
    DaemonProcess daemon({host.socket(), true, 1, DaemonProcess::Kind::managed});
    Tuning tuning;
    tuning.refresh_limit = 200;
    daemon.set_tuning(tuning);
    // The host says which mode it is.
    while (host.state() != "active") ::sched_yield();
    Studio studio(daemon);
    auto await_equal = [&](const DrawingProcess& client) {
        // A machine that stands still for a while counts as one step, and not as the time that it takes.
        Duration waited{}, longest_step = 100ms;
        for (;;) {
            Time before = clock_now();
            std::string found = difference(host, client);
            if (found.empty() || waited >= 8s) return found;
            waited += std::min<Duration>(clock_now() - before, longest_step);
        }
    };
    ASSERT_EQ(host.status("sessions"), 1u);
    std::mt19937_64 random(43);
    unsigned count = restarts();
    for (unsigned i = 0; i < count; ++i) {
        timespec moment{0, static_cast<long>(random() % 8000) * 1000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, nullptr);
        if (i % 3 == 0) host.say(i % 2 ? "show" : "hide");
        if (GetParam().signal) daemon.end_by(GetParam().signal);
        if (i % 3 == 0) host.say("show");
        studio.pause();
        daemon.activate(i % 4 + 1);
        ASSERT_EQ(await_equal(*studio.clients[i % 4]), "") << "after " << i;
        ASSERT_EQ(host.status("complaints"), 0u) << "after " << i;
        ASSERT_EQ(host.status("sessions"), 1u) << "after " << i;
        studio.go_on();
    }
    EXPECT_EQ(studio.end(), 0);
    studio.print(count, GetParam().name);
}

INSTANTIATE_TEST_SUITE_P(InEveryWay, AHostOf,
                         ::testing::Values(Way{"not ended, with a host, to compare with", 0, ""},
                                           Way{"killed, with a host", SIGKILL, ""},
                                           Way{"asked to end, with a host", SIGTERM, ""}));

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

TEST(Restart, each_of_two_displays_goes_on_with_its_own_surfaces_mode_and_viewers) {
    DaemonProcess daemon({320, 200}, 0, DaemonProcess::Kind::managed, 2);
    std::vector<std::unique_ptr<AdoptedSurface>> surfaces;
    std::vector<std::unique_ptr<AdoptedViewer>> viewers;
    for (unsigned display : {0U, 1U}) {
        daemon.turn_to(display);
        Tuning tuning;
        tuning.refresh_limit = 200 + display;
        daemon.set_tuning(tuning);
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

TEST(Restart, viewers_go_on_with_the_new_front) {
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
        }
        ASSERT_TRUE(shows()) << i;
        ASSERT_EQ(daemon.counters().viewers, 1u);
    }
}

TEST(Restart, a_kept_picture_is_kept_and_a_client_comes_back_to_it) {
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

int open_again(const hvfb::OpenOptions&, hvfb::Opened& opened) {
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
