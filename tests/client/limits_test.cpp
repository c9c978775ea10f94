// A program at its limit of descriptors, and a surface that comes back by itself.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/resource.h>

#include <atomic>
#include <thread>

#include "surface_fixture.h"

namespace hvfb {
namespace {

// No more descriptors for this process, until the end of the block.
struct NoMoreDescriptors {
    NoMoreDescriptors() {
        const int next = fcntl(0, F_DUPFD_CLOEXEC, 0);
        close(next);
        getrlimit(RLIMIT_NOFILE, &before);
        rlimit none = before;
        none.rlim_cur = static_cast<rlim_t>(next);
        setrlimit(RLIMIT_NOFILE, &none);
    }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;
    ~NoMoreDescriptors() { setrlimit(RLIMIT_NOFILE, &before); }
    rlimit before = {};
};

TEST_F(SurfaceTest, at_its_limit_of_descriptors_misses_the_alarm_and_no_more) {
    surface = daemon.open();
    daemon.begin();
    const Descriptor timer(fcntl(0, F_DUPFD_CLOEXEC, 0));
    {
        const NoMoreDescriptors none;
        daemon.send(HVFB_ALARM, hvfb_alarm{}, nullptr, 0, timer.get());
        daemon.collect();
    }
    while (daemon.receive(0)) continue;
    pixels()[5] = 5;
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    EXPECT_TRUE(daemon.collect().holds(0));
    EXPECT_FALSE(hvfb_surface_dispatch(surface) & HVFB_EVENT_LOST);
}

TEST_F(SurfaceTest, at_its_limit_of_descriptors_misses_a_new_mode_and_no_more) {
    surface = daemon.open();
    daemon.begin();
    const Layout layout = ScriptedDaemon::layout_of(800, 600);
    const Descriptor first = ScriptedDaemon::make_buffer(layout),
                     second = ScriptedDaemon::make_buffer(layout),
                     third = ScriptedDaemon::make_buffer(layout);
    daemon.send_configure(1, layout, first.get());
    ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
    {
        const NoMoreDescriptors none;
        daemon.send_configure(2, layout, second.get());
        daemon.collect();
    }
    // The first is not shown any more.
    EXPECT_EQ(hvfb_surface_configure(surface), -EAGAIN);
    daemon.send_configure(3, layout, third.get());
    ASSERT_TRUE(told(HVFB_EVENT_CONFIGURE));
    EXPECT_EQ(hvfb_surface_configure(surface), 0);
    EXPECT_EQ(daemon.next(HVFB_CONFIGURED)->as<hvfb_configured>().serial, 3u);
}

TEST_F(SurfaceTest, hangs_up_when_it_has_given_the_daemon_up) {
    surface = daemon.open();
    daemon.send_bytes(std::vector<std::byte>(3));
    ASSERT_TRUE(told(HVFB_EVENT_LOST));
    pollfd ended = {.fd = daemon.channel(), .events = 0, .revents = 0};
    EXPECT_EQ(poll(&ended, 1, 5000), 1);
    EXPECT_TRUE(ended.revents & POLLHUP);
}

// The way back to the daemon, for the library's own thread.
std::atomic<int> awaited{0}, fails_with{0};  // NOLINT: plain functions find them here
std::atomic<int> connections{0};             // NOLINT
Descriptor connected;                        // NOLINT: readable when there was another
std::atomic<bool> hung_up{false};            // NOLINT

int connect_and_count(const OpenOptions& options, int interrupt, Opened& opened) {
    const int result = ScriptedDaemon::connect(options, interrupt, opened);
    // What the connection changed is the test's from here on.
    ++connections;
    eventfd_write(connected.get(), 1);
    return result;
}
std::atomic<bool> another{true};      // NOLINT: whether one comes after the one that refused
std::atomic<int> refused_awaited{0};  // NOLINT: how often another one than the one that refused was awaited
int await_when_hung_up(const OpenOptions&, int interrupt, const DaemonName* refused, Absence) {
    if (refused) ++refused_awaited;
    pollfd woken = {.fd = interrupt, .events = POLLIN, .revents = 0};
    while (!hung_up.load() || (refused && !another.load()))
        if (poll(&woken, 1, 1) == 1) return 0;
    return awaited++ == 0 && fails_with ? fails_with.load() : 1;
}

struct ComesBack : SurfaceTest {
    hvfb_surface* open(unsigned flags) {
        awaited = 0;
        hung_up = false;
        another = true;
        connections = 0;
        connected = Descriptor(eventfd(0, EFD_CLOEXEC));
        hvfb_open_options options = {};
        options.size = sizeof options;
        options.flags = flags;
        options.bus = "unix:abstract=nobody is told when it comes";
        EXPECT_EQ(open_surface(&surface, &options, connect_and_count, await_when_hung_up), 0);
        EXPECT_TRUE(daemon.next(HVFB_HELLO));
        eventfd_t counted = 0;
        EXPECT_EQ(eventfd_read(connected.get(), &counted), 0);
        return surface;
    }
    // Loses the daemon, and waits until there is another one.
    bool lost_and_back() {
        daemon.hang_up();
        hung_up = true;
        pollfd readable = {.fd = connected.get(), .events = POLLIN, .revents = 0};
        return poll(&readable, 1, 5000) == 1 && connections > 1;
    }
};

TEST_F(ComesBack, when_descriptors_are_to_be_had_again) {
    fails_with = -EMFILE;
    open(0);
    EXPECT_TRUE(lost_and_back());
    fails_with = 0;
}

TEST_F(ComesBack, when_a_bus_that_cannot_be_heard_is_there_again) {
    for (const int error : {-ECONNREFUSED, -ENOENT, -ECONNRESET, -ETIMEDOUT, -EPIPE, -EBADF}) {
        fails_with = error;
        open(0);
        EXPECT_TRUE(lost_and_back()) << error;
        EXPECT_GE(awaited, 2);
        hvfb_surface_close(surface);
        surface = nullptr;
    }
    fails_with = 0;
}

// Each is what passes, or what lasts as long as this daemon does.
TEST_F(ComesBack, when_what_passes_has_passed_and_says_so_of_what_does_not) {
    for (const int error : {-EBUSY, -EIO, -ETIMEDOUT, -EHOSTUNREACH, -ENOMEM, -ECONNRESET, -EACCES, -ENOENT,
                            -EPROTO, -EINVAL}) {
        const bool lasts = error == -EACCES || error == -ENOENT || error == -EPROTO || error == -EINVAL;
        open(0);
        refused_awaited = 0;
        daemon.refuse_with = error;
        daemon.hang_up();
        hung_up = true;
        pollfd refused = {.fd = connected.get(), .events = POLLIN, .revents = 0};
        ASSERT_EQ(poll(&refused, 1, 5000), 1) << error;
        while (hvfb_surface_error(surface) != error) std::this_thread::yield();
        if (lasts) {
            ASSERT_TRUE(told(HVFB_EVENT_GAVE_UP)) << error;
        }
        EXPECT_EQ(hvfb_surface_damage(surface, nullptr, 0), -ENOTCONN);
        daemon.refuse_with = 0;
        ASSERT_TRUE(told(HVFB_EVENT_BACK)) << error;
        EXPECT_EQ(hvfb_surface_error(surface), 0) << error;
        EXPECT_EQ(refused_awaited > 0, lasts) << error;
        EXPECT_TRUE(daemon.next(HVFB_HELLO));
        hvfb_surface_close(surface);
        surface = nullptr;
    }
}

TEST_F(ComesBack, with_the_layout_that_its_program_draws_in_or_not_at_all) {
    open(0);
    daemon.keeps_layout = true;
    const void* const before = hvfb_surface_pixels(surface);
    pixels()[640 * 399 + 639] = 7;
    daemon.layout = ScriptedDaemon::layout_of(320, 200);
    ASSERT_TRUE(lost_and_back());
    ASSERT_TRUE(told(HVFB_EVENT_BACK));
    EXPECT_EQ(hvfb_surface_pixels(surface), before);
    EXPECT_EQ(pixels()[640 * 399 + 639], 7u);
    // A daemon that does not know that it is asked for one.
    hung_up = false;
    another = false;
    daemon.keeps_layout = false;
    daemon.hang_up();
    hung_up = true;
    ASSERT_TRUE(told(HVFB_EVENT_GAVE_UP));
    EXPECT_EQ(hvfb_surface_error(surface), -EOPNOTSUPP);
    EXPECT_EQ(pixels()[640 * 399 + 639], 7u);
    // The program may take what there is.
    EXPECT_EQ(hvfb_surface_reconnect(surface), 1);
    EXPECT_EQ(hvfb_surface_error(surface), 0);
}

// As one that was opened by descriptors alone.
TEST_F(SurfaceTest, that_nobody_can_open_again_says_so_at_once) {
    surface = daemon.open();
    daemon.hang_up();
    int events = 0;
    pollfd readable = {.fd = hvfb_surface_fd(surface), .events = POLLIN, .revents = 0};
    while (!(events & HVFB_EVENT_GAVE_UP) && poll(&readable, 1, 5000) == 1)
        events |= hvfb_surface_dispatch(surface);
    EXPECT_EQ(events & (HVFB_EVENT_LOST | HVFB_EVENT_GAVE_UP), HVFB_EVENT_LOST | HVFB_EVENT_GAVE_UP);
    EXPECT_EQ(hvfb_surface_error(surface), -ECONNRESET);
    EXPECT_EQ(hvfb_surface_reconnect(surface), 0);
    EXPECT_EQ(hvfb_surface_error(surface), 0);
    daemon.send(HVFB_REVOKED, hvfb_revoked{});
    ASSERT_TRUE(told(HVFB_EVENT_REVOKED));
    EXPECT_EQ(hvfb_surface_error(surface), -ECANCELED);
}

// Damage was refused until then, also when the daemon had compared already.
TEST_F(ComesBack, and_tells_damage_of_all_that_it_did_not_track) {
    open(HVFB_OPEN_UNTRACKED);
    ASSERT_TRUE(lost_and_back());
    const auto first = daemon.receive();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->type(), HVFB_HELLO);
    const hvfb_rect everything = damaged();
    EXPECT_EQ(everything.width, UINT32_MAX);
    EXPECT_EQ(everything.height, UINT32_MAX);
}

}  // namespace
}  // namespace hvfb
