// The invariants of the design, attacked: libhvfb and its tracker against a daemon in another process.
#include <gtest/gtest.h>
#include <hvfb/hvfb.h>

#include <sys/prctl.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <ostream>

#include "adopted_surface.h"
#include "daemon_process.h"
#include "display/recheck.h"
#include "rounds.h"
#include "tracking/mutation.h"
#include "writers.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

struct Way {
    const char* name;
    const char* features;  // of HVFB_FEATURES
    DisplaySettings::Tracking tracking;
};

void PrintTo(const Way& way, std::ostream* out) {
    *out << way.name;
}

class EveryWayOfTracking : public ::testing::TestWithParam<Way> {
  protected:
    void SetUp() override { ::setenv("HVFB_FEATURES", GetParam().features, 1); }
    void TearDown() override { ::unsetenv("HVFB_FEATURES"); }

    DisplaySettings settings(std::mt19937_64& random) const {
        DisplaySettings settings;
        constexpr std::uint32_t limits[] = {200, 500, 1000, 0};
        settings.refresh_limit = limits[random() % 4];
        settings.settle_delay = std::chrono::microseconds(random() % 500);
        settings.idle_timeout = std::chrono::microseconds(2000 + random() % 20000);
        settings.max_rects = static_cast<std::uint32_t>(1 + random() % 16);
        settings.tracking = GetParam().tracking;
        return settings;
    }
};

#define EXPECT_ALL_EQUAL(daemon)                                         \
    do {                                                                 \
        auto difference = (daemon).await_equal();                        \
        ASSERT_EQ(difference.front_shadow, 0u);                          \
        ASSERT_EQ(difference.scanout_front, 0u);                         \
        ASSERT_EQ(difference.host_front, 0u);                            \
        /* Where there is no surface any more nothing differs either. */ \
        ASSERT_EQ((daemon).counters().surfaces, 1u);                     \
    } while (false)

TEST_P(EveryWayOfTracking, at_every_quiescence_all_pictures_are_equal_whatever_raced) {
    DaemonProcess daemon({640, 480}, 640 * 4 + 64);
    AdoptedSurface surface(daemon.open());
    std::mt19937_64 random(20260101);
    Time end = clock_now() + std::chrono::seconds(rounds(4));
    unsigned checks = 0;
    while (clock_now() < end) {
        daemon.change_settings(settings(random));
        for (unsigned i = 0; i < 20; ++i, ++checks) {
            Writers writers(surface.pixels(), surface.layout(), random());
            writers.start();
            if (random() % 3 == 0) daemon.set_visible(false);
            if (random() % 4 == 0) daemon.refuse(static_cast<std::uint32_t>(random() % 4));
            if (random() % 5 == 0) daemon.change_settings(settings(random));
            writers.join();
            daemon.set_visible(true);
            EXPECT_ALL_EQUAL(daemon);
        }
    }
    RecordProperty("checks", static_cast<int>(checks));
    ::printf("%u checks, none different (%s)\n", checks, hvfb_surface_tracking(surface.get()));
    EXPECT_GE(checks, 20u);
}

TEST_P(EveryWayOfTracking, a_client_draws_on_while_the_daemon_is_stopped_and_is_shown_when_it_continues) {
    DaemonProcess daemon({640, 480});
    AdoptedSurface surface(daemon.open());
    DisplaySettings quick;
    quick.refresh_limit = 1000;
    quick.idle_timeout = 5ms;
    quick.tracking = GetParam().tracking;
    daemon.change_settings(quick);
    std::mt19937_64 random(1);
    for (unsigned i = 0; i < rounds(20); ++i) {
        EXPECT_ALL_EQUAL(daemon);
        daemon.signal(SIGSTOP);
        Writers writers(surface.pixels(), surface.layout(), random());
        writers.start();
        writers.join();  // a store that waited for the daemon would wait here for ever
        daemon.signal(SIGCONT);
        EXPECT_ALL_EQUAL(daemon);
    }
}

TEST_P(EveryWayOfTracking, a_client_draws_on_when_the_daemon_is_killed_and_its_memory_is_intact) {
    std::mt19937_64 random(2);
    for (unsigned i = 0; i < rounds(10); ++i) {
        DaemonProcess daemon({640, 480});
        AdoptedSurface surface(daemon.open());
        EXPECT_ALL_EQUAL(daemon);
        surface.pixels()[12345] = 0x1234;
        Writers writers(surface.pixels(), surface.layout(), random());
        writers.start();
        daemon.kill();
        writers.join();
        std::uint64_t pixels = surface.layout().size / 4;
        for (std::uint64_t p = 0; p < pixels; ++p) surface.pixels()[p] = static_cast<std::uint32_t>(p * 3);
        for (std::uint64_t p = 0; p < pixels; ++p)
            ASSERT_EQ(surface.pixels()[p], static_cast<std::uint32_t>(p * 3));
        ASSERT_TRUE(surface.await_event(HVFB_EVENT_LOST, 5s));
    }
}

TEST_P(EveryWayOfTracking, a_client_killed_in_the_middle_of_anything_leaves_the_daemon_well) {
    DaemonProcess daemon({320, 240});
    AdoptedSurface below(daemon.open());
    below.pixels()[0] = 0x42;
    std::mt19937_64 random(3);
    for (unsigned i = 0; i < rounds(20); ++i) {
        auto opened = daemon.open();
        pid_t victim = ::fork();
        if (victim == 0) {
            AdoptedSurface surface(std::move(opened));
            for (;;) {
                Writers writers(surface.pixels(), surface.layout(), random());
                writers.start();
                writers.join();
            }
        }
        opened.channel.reset();
        opened.buffer.reset();
        daemon.refuse(static_cast<std::uint32_t>(random() % 3));
        daemon.set_visible(random() % 2);
        timespec time{0, static_cast<long>(random() % 20'000'000)};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
        ::kill(victim, SIGKILL);
        ::waitpid(victim, nullptr, 0);
        daemon.set_visible(true);
        below.pixels()[i] = i + 1;
        EXPECT_ALL_EQUAL(daemon);
    }
}

// Where no store is caught nothing tells that a stopped program went on for a moment, if its tracker had
// none.
class EveryWayThatRests : public EveryWayOfTracking {};

TEST_P(EveryWayThatRests, shows_what_a_client_stored_right_before_it_was_stopped) {
    DaemonProcess daemon({320, 240});
    auto opened = daemon.open();
    pid_t stopped = ::fork();
    if (stopped == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        AdoptedSurface surface(std::move(opened));
        for (std::uint32_t i = 1;; ++i) {
            // Until its tracker has reported and rests; not at the first store behind a stop that it had no
            // time to see.
            surface.await_event(0, i == 1 ? 1s : 100ms);
            surface.pixels()[i * 997 % (320 * 240)] = i;
            // As a debugger stops it behind each line: the tracker's thread too, and at once.
            ::raise(SIGSTOP);
        }
    }
    opened.channel.reset();
    opened.buffer.reset();
    for (unsigned i = 0; i < rounds(20); ++i) {
        int status = 0;
        ASSERT_EQ(::waitpid(stopped, &status, WUNTRACED), stopped);
        ASSERT_TRUE(WIFSTOPPED(status));
        SCOPED_TRACE(i);
        EXPECT_ALL_EQUAL(daemon);
        ::kill(stopped, SIGCONT);
    }
    ::kill(stopped, SIGKILL);
    ::waitpid(stopped, nullptr, 0);
}

INSTANTIATE_TEST_SUITE_P(
    Invariants, EveryWayOfTracking,
    ::testing::Values(Way{"automatic", "", DisplaySettings::Tracking::automatic},
                      Way{"fault", "", DisplaySettings::Tracking::fault},
                      Way{"scan", "", DisplaySettings::Tracking::scan},
                      Way{"compare", "", DisplaySettings::Tracking::compare},
                      Way{"without_scanning", "no-scan", DisplaySettings::Tracking::automatic},
                      Way{"without_announcing", "no-announce", DisplaySettings::Tracking::automatic},
                      Way{"without_either", "no-announce,no-scan", DisplaySettings::Tracking::automatic}),
    [](const auto& way) { return way.param.name; });

INSTANTIATE_TEST_SUITE_P(Invariants, EveryWayThatRests,
                         ::testing::Values(Way{"automatic", "", DisplaySettings::Tracking::automatic},
                                           Way{"fault", "", DisplaySettings::Tracking::fault},
                                           Way{"without_scanning", "no-scan",
                                               DisplaySettings::Tracking::automatic}),
                         [](const auto& way) { return way.param.name; });

// The tests above see what a tracker loses: this one's protects after it has reported, and the store comes in
// between.
class ATrackerThatLosesAStore : public ::testing::Test {
  protected:
    ~ATrackerThatLosesAStore() override {
        hvfb::hook = nullptr;
        hvfb::mutation = hvfb::Mutation::none;
        Recheck::in_use = false;
    }
    // What differs after it.
    DaemonProcess::Difference lose(Duration within) {
        DaemonProcess daemon({640, 480});
        AdoptedSurface surface(daemon.open());
        EXPECT_TRUE(daemon.await_equal().none());
        surface.await_event(0, 500ms);
        surface.tracker_switches_asleep();  // at rest
        pixels = surface.pixels();
        hvfb::mutation = hvfb::Mutation::report_before_protect;
        hvfb::hook = [](hvfb::HookPoint point) {
            if (point != hvfb::HookPoint::after_report || !pixels) return;
            // Past the daemon's comparison.
            timespec time{0, 100'000'000};
            ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
            pixels.exchange(nullptr)[1] = 2;
        };
        surface.pixels()[0] = 1;
        while (pixels) surface.await_event(0, 10ms);
        surface.await_event(0, 100ms);
        return daemon.await_equal(within);
    }
    static inline std::atomic<std::uint32_t*> pixels = nullptr;
};

TEST_F(ATrackerThatLosesAStore, is_noticed_by_these_tests) {
    // On a busy machine the daemon may compare so late that it finds both stores.
    std::uint64_t lost = 0;
    for (int attempt = 0; attempt < 10 && lost != 1; ++attempt) lost = lose(1s).front_shadow;
    EXPECT_EQ(lost, 1u);
}
TEST_F(ATrackerThatLosesAStore, would_not_be_where_what_was_reported_is_compared_again) {
    Recheck::in_use = true;
    EXPECT_EQ(lose(Recheck::longest + 1s).front_shadow, 0u);
}

TEST(Rest, costs_neither_the_daemon_nor_the_client_a_wake_up) {
    Recheck::in_use = true;
    DaemonProcess daemon({640, 480});
    Recheck::in_use = false;
    AdoptedSurface surface(daemon.open());
    surface.pixels()[100] = 1;
    EXPECT_ALL_EQUAL(daemon);
    // Over the idle time-out, the last collections, and the last comparison of late writes.
    surface.await_event(0, Recheck::longest + 500ms);
    auto client_before = surface.tracker_switches();
    auto daemon_before = daemon.counters();
    surface.await_event(0, 2s);
    auto daemon_after = daemon.counters();
    EXPECT_EQ(surface.tracker_switches(), client_before);
    // The question itself is one turn and one switch.
    EXPECT_LE(daemon_after.dispatches - daemon_before.dispatches, 1u);
    EXPECT_LE(daemon_after.voluntary_switches - daemon_before.voluntary_switches, 1u);
}

}  // namespace
}  // namespace hvfbd::testing
