// A daemon that has its name on the bus and takes its time.
#include <sys/eventfd.h>
#include <sys/time.h>

#include <csignal>

#include "await_daemon.h"
#include "bus_fixture.h"
#include "monotonic.h"
#include "surface_fixture.h"

#ifdef __SANITIZE_THREAD__
// libsystemd makes the key of all its hash tables with the first of them and takes no lock for it: two
// threads that open a surface at once may both do that.
extern "C" const char* __tsan_default_suppressions() {
    return "race:libsystemd.so";
}
#endif

namespace hvfb {
namespace {

constexpr Nanoseconds second = 1'000'000'000;

hvfb_open_options on(const SlowBus& bus) {
    hvfb_open_options options = {};
    options.size = sizeof options;
    options.bus = bus.address();
    return options;
}

// Signals that are handled, without SA_RESTART, as long as it lives.
class Signals {
  public:
    Signals() {
        counted = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        struct sigaction handled = {};
        // write(2) may be called in a handler.
        handled.sa_handler = [](int) {
            [[maybe_unused]] const ssize_t one = eventfd_write(counted.get(), 1);
        };
        sigaction(SIGALRM, &handled, &before_);
        const itimerval often = {.it_interval = {0, 2000}, .it_value = {0, 2000}};
        setitimer(ITIMER_REAL, &often, nullptr);
    }
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals() {
        const itimerval never = {};
        setitimer(ITIMER_REAL, &never, nullptr);
        sigaction(SIGALRM, &before_, nullptr);
    }
    // Returns when so many more have been handled; false: they are not.
    static bool await(eventfd_t number) {
        pollfd readable = {.fd = counted.get(), .events = POLLIN, .revents = 0};
        eventfd_t some = 0;
        eventfd_read(counted.get(), &some);  // what was before
        for (eventfd_t seen = 0; seen < number; seen += some)
            if (poll(&readable, 1, 5000) != 1 || eventfd_read(counted.get(), &some) < 0) return false;
        return true;
    }

  private:
    static Descriptor counted;
    struct sigaction before_ = {};
};
Descriptor Signals::counted;  // NOLINT: a handler finds it here

TEST(Opening, takes_the_name_that_hvfbctl_takes_for_the_system_bus) {
    SlowBus bus;
    setenv("DBUS_SYSTEM_BUS_ADDRESS", bus.address(), 1);
    hvfb_open_options options = on(bus);
    options.bus = "system";
    hvfb_surface* surface = nullptr;
    std::thread answers([&] {
        EXPECT_TRUE(bus.asked());
        bus.answer();
    });
    EXPECT_EQ(hvfb_surface_open(&surface, &options), -EBUSY);
    answers.join();
    unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
}

TEST(Opening, starts_the_daemon_for_a_program_that_draws_and_not_for_one_that_looks) {
    SlowBus bus;
    const hvfb_open_options options = on(bus);
    hvfb_surface* surface = nullptr;
    hvfb_viewer* viewer = nullptr;
    for (const bool draws : {true, false}) {
        std::thread answers([&] {
            EXPECT_TRUE(bus.asked());
            bus.forget_asked();
            EXPECT_EQ(bus.would_have_started(), draws);
            bus.answer();
        });
        EXPECT_EQ(draws ? hvfb_surface_open(&surface, &options) : hvfb_viewer_open(&viewer, &options),
                  -EBUSY);
        answers.join();
    }
}

TEST(Opening, is_not_ended_by_a_signal_that_the_program_handles) {
    SlowBus bus;
    const hvfb_open_options options = on(bus);
    hvfb_surface* surface = nullptr;
    hvfb_viewer* viewer = nullptr;
    const Signals signals;
    // The first call of the two is answered when it has seen some signals.
    std::thread answers([&] {
        // The signals are for the thread that opens.
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, nullptr);
        for (int i = 0; i < 2; ++i) {
            EXPECT_TRUE(bus.asked());
            EXPECT_TRUE(signals.await(5));
            bus.forget_asked();
            bus.answer();
        }
    });
    EXPECT_EQ(hvfb_surface_open(&surface, &options), -EBUSY);
    EXPECT_EQ(hvfb_viewer_open(&viewer, &options), -EBUSY);
    answers.join();
}

TEST(Opening, finds_no_daemon_where_the_daemon_ends_before_it_answers) {
    SlowBus bus;
    const hvfb_open_options options = on(bus);
    hvfb_surface* surface = nullptr;
    hvfb_viewer* viewer = nullptr;
    for (const bool draws : {true, false}) {
        std::thread answers([&] {
            EXPECT_TRUE(bus.asked());
            bus.forget_asked();
            bus.end_daemon();
        });
        EXPECT_EQ(draws ? hvfb_surface_open(&surface, &options) : hvfb_viewer_open(&viewer, &options),
                  -EHOSTUNREACH);
        answers.join();
    }
}

TEST(Opening, tells_a_daemon_that_takes_too_long_from_one_that_ended) {
    // As long as libsystemd lets a call take.
    setenv("SYSTEMD_BUS_TIMEOUT", "50ms", 1);
    SlowBus bus;
    const hvfb_open_options options = on(bus);
    hvfb_surface* surface = nullptr;
    EXPECT_EQ(hvfb_surface_open(&surface, &options), -ETIMEDOUT);
    unsetenv("SYSTEMD_BUS_TIMEOUT");
}

TEST(Opening, waits_no_longer_for_a_daemon_that_systemd_cannot_start) {
    for (const SlowBus::Unit& unit :
         {SlowBus::Unit{"loaded", "failed", 0, 0}, SlowBus::Unit{"loaded", "inactive", 0, 0},
          // It fails, is started again, and fails.
          SlowBus::Unit{"loaded", "activating", 0, 1}}) {
        SlowBus bus;
        bus.set_unit(unit);
        const hvfb_open_options options = on(bus);
        hvfb_surface* surface = nullptr;
        EXPECT_EQ(hvfb_surface_open(&surface, &options), -EHOSTUNREACH) << unit.active_state;
        EXPECT_TRUE(bus.asked());
    }
}

TEST(Opening, waits_for_a_daemon_that_systemd_starts_or_knows_nothing_of) {
    const auto waits_for = [](const SlowBus::Unit& unit) {
        SlowBus bus;
        if (unit.load_state) bus.set_unit(unit);
        const hvfb_open_options options = on(bus);
        hvfb_surface* surface = nullptr;
        std::thread answers([&] {
            EXPECT_TRUE(bus.asked());
            // Longer than it takes to give one up.
            usleep(600'000);
            EXPECT_GT(bus.unit_asked(), 0U);
            bus.answer();
        });
        EXPECT_EQ(hvfb_surface_open(&surface, &options), -EBUSY);
        answers.join();
    };
    std::list<std::thread> at_once;
    for (const SlowBus::Unit& unit :
         {SlowBus::Unit{"loaded", "activating", 0, 0}, SlowBus::Unit{"loaded", "failed", 7, 0},
          SlowBus::Unit{"loaded", "active", 0, 1}, SlowBus::Unit{"not-found", "inactive", 0, 0},
          SlowBus::Unit{}})
        at_once.emplace_back(waits_for, unit);
    for (std::thread& thread : at_once) thread.join();
}

TEST(Opening, finds_no_daemon_whatever_keeps_the_bus_from_starting_it) {
    for (const char* error :
         {"org.freedesktop.DBus.Error.FileExists", "org.freedesktop.systemd1.UnitMasked",
          "org.freedesktop.systemd1.LoadFailed", "org.freedesktop.DBus.Error.Spawn.ChildExited"}) {
        SlowBus bus;
        const hvfb_open_options options = on(bus);
        hvfb_surface* surface = nullptr;
        std::thread answers([&] {
            EXPECT_TRUE(bus.asked());
            bus.answer(error);
        });
        EXPECT_EQ(hvfb_surface_open(&surface, &options), -EHOSTUNREACH) << error;
        answers.join();
    }
}

// Opened by the test, and again over the bus.
bool opened = false;  // NOLINT: a plain function finds it here
int connect_the_second_time(const OpenOptions& options, int interrupt, Opened& to) {
    if (opened) return open_surface_on_bus(options, interrupt, to);
    opened = true;
    return ScriptedDaemon::connect(options, interrupt, to);
}

TEST_F(SurfaceTest, is_closed_at_once_while_a_daemon_that_hangs_is_asked_to_open_it_again) {
    SlowBus bus;
    const hvfb_open_options options = on(bus);
    opened = false;
    ASSERT_EQ(open_surface(&surface, &options, connect_the_second_time, await_daemon_on_bus), 0);
    daemon.hang_up();
    ASSERT_TRUE(bus.asked());
    const Nanoseconds before = monotonic_now();
    hvfb_surface_close(surface);
    surface = nullptr;
    EXPECT_LT(monotonic_now() - before, 5 * second);
}

TEST_F(SurfaceTest, says_that_no_daemon_is_on_the_bus_after_one_ended_while_it_opened_it_again) {
    SlowBus bus;
    const hvfb_open_options options = on(bus);
    opened = false;
    ASSERT_EQ(open_surface(&surface, &options, connect_the_second_time, await_daemon_on_bus), 0);
    daemon.hang_up();
    ASSERT_TRUE(told(HVFB_EVENT_LOST));
    // Refused once, with what passes.
    ASSERT_TRUE(bus.asked());
    bus.forget_asked();
    bus.answer();
    ASSERT_TRUE(bus.asked());
    EXPECT_EQ(hvfb_surface_error(surface), -EBUSY);
    bus.end_daemon();
    // Whoever waits for it may ask for as long as it takes.
    const Nanoseconds deadline = monotonic_now() + 5 * second;
    while (hvfb_surface_error(surface) == -EBUSY && monotonic_now() < deadline) usleep(1000);
    EXPECT_EQ(hvfb_surface_error(surface), -EHOSTUNREACH);
    EXPECT_EQ(hvfb_surface_dispatch(surface) & HVFB_EVENT_GAVE_UP, 0);
}

TEST_F(SurfaceTest, says_that_no_daemon_is_on_the_bus_where_it_ended_after_it_refused) {
    SlowBus bus;
    const hvfb_open_options options = on(bus);
    opened = false;
    ASSERT_EQ(open_surface(&surface, &options, connect_the_second_time, await_daemon_on_bus), 0);
    daemon.hang_up();
    ASSERT_TRUE(bus.asked());
    bus.end_daemon_after_it_refused();
    const Nanoseconds deadline = monotonic_now() + 5 * second;
    while (hvfb_surface_error(surface) != -EHOSTUNREACH && monotonic_now() < deadline) usleep(1000);
    EXPECT_EQ(hvfb_surface_error(surface), -EHOSTUNREACH);
}

}  // namespace
}  // namespace hvfb
