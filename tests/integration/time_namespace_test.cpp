// A client whose CLOCK_MONOTONIC is not the daemon's.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <hvfb/hvfb.h>
#include <sched.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>

#include "adopted_surface.h"
#include "daemon_process.h"

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x80
#endif

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

constexpr Duration ahead = 1'000'000s;

bool ends_well(pid_t pid) {
    int status = 0;
    return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// Runs `body` where CLOCK_MONOTONIC is that much ahead. Whether there was such a place, and no expectation of
// its failed.
template <class Body>
bool in_time_namespace(Body body) {
    return ends_well(fork_process([&] {
        // It is that of the children of whoever makes it.
        const char* offset = "monotonic 1000000 0\n";
        if (::unshare(CLONE_NEWTIME) < 0) return 1;
        Descriptor offsets(::open("/proc/self/timens_offsets", O_WRONLY | O_CLOEXEC));
        if (!offsets || ::write(offsets.get(), offset, std::strlen(offset)) < 0) return 2;
        return ends_well(fork_process([&] {
            body();
            return ::testing::Test::HasFailure() ? 1 : 0;
        }))
                   ? 0
                   : 3;
    }));
}

TEST(TimeNamespace, a_program_in_one_is_shown_and_is_told_times_of_the_daemons_clock) {
    DaemonProcess daemon({64, 64});
    DisplaySettings settings;
    settings.idle_timeout = 20ms;
    daemon.change_settings(settings);
    const Time before = clock_now();
    EXPECT_TRUE(in_time_namespace([&] {
        ASSERT_GT(clock_now(), before + ahead / 2);
        AdoptedSurface surface(daemon.open());
        hvfb_presentation presented{};
        for (std::uint32_t i = 1; i <= 5; ++i) {
            // What is stored is found without a FRAME, after rest as well; a FRAME has its time.
            surface.pixels()[i] = i;
            ASSERT_TRUE(daemon.await_equal().none());
            std::uint64_t frame = 0;
            ASSERT_EQ(hvfb_surface_request_frame(surface.get(), &frame), 0);
            ASSERT_EQ(hvfb_surface_wait_frame(surface.get(), frame, 5'000'000, &presented), 0);
            Time told{Duration(static_cast<std::int64_t>(presented.time))};
            EXPECT_GE(told, before);
            EXPECT_LT(told, before + ahead / 2);
            surface.await_event(0, 30ms);
        }
        // A wait lasts as long as it says, and not until another clock says so.
        daemon.signal(SIGSTOP);
        std::uint64_t frame = 0;
        hvfb_surface_request_frame(surface.get(), &frame);
        Time begun = clock_now();
        EXPECT_EQ(hvfb_surface_wait_frame(surface.get(), frame, 20'000, nullptr), -ETIME);
        EXPECT_GE(clock_now() - begun, 20ms);
        daemon.signal(SIGCONT);
        EXPECT_EQ(hvfb_surface_wait_frame(surface.get(), frame, 5'000'000, nullptr), 0);
    }));
}

}  // namespace
}  // namespace hvfbd::testing
