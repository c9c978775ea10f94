#include "system/dispatch_watchdog.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace hvfbd {
namespace {

using namespace std::chrono_literals;

// How a child ends that does this: the signal, or 0 if it ends by itself.
int signal_that_ends(void (*act)()) {
    pid_t child = ::fork();
    if (child == 0) {
        act();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

// A dispatch that hangs, whatever interrupts it; bounded, so that the test ends where there is no watchdog.
void hang(Duration duration) {
    for (Time end = clock_now() + duration; clock_now() < end;) {
        Duration left = end - clock_now();
        timespec time{left / 1s, (left % 1s).count()};
        if (left > Duration{}) ::nanosleep(&time, nullptr);
    }
}

TEST(DispatchWatchdog, aborts_a_dispatch_that_hangs) {
    EXPECT_EQ(signal_that_ends([] {
                  // The default action, whatever the test program or a sanitizer made of it.
                  ::signal(SIGABRT, SIG_DFL);
                  DispatchWatchdog watchdog(50ms);
                  watchdog.dispatch_begins();
                  hang(10s);
              }),
              SIGABRT);
}

TEST(DispatchWatchdog, leaves_a_loop_alone_that_waits_between_its_dispatches) {
    EXPECT_EQ(signal_that_ends([] {
                  ::signal(SIGABRT, SIG_DFL);
                  DispatchWatchdog watchdog(50ms);
                  watchdog.dispatch_begins();
                  watchdog.dispatch_ends();
                  hang(200ms);
              }),
              0);
}

TEST(DispatchWatchdog, does_not_take_a_process_that_is_stopped_in_a_dispatch_for_one_that_hangs) {
    int told[2];
    ASSERT_EQ(::pipe(told), 0);
    pid_t child = ::fork();
    if (child == 0) {
        ::signal(SIGABRT, SIG_DFL);
        DispatchWatchdog watchdog(400ms);
        watchdog.dispatch_begins();
        // Stops itself three times for longer than the limit, and hardly runs meanwhile.
        for (int i = 0; i < 3; ++i) {
            (void)!::write(told[1], "x", 1);
            ::raise(SIGSTOP);
        }
        ::_exit(0);
    }
    ::close(told[1]);
    for (int i = 0; i < 3; ++i) {
        char byte = 0;
        ASSERT_EQ(::read(told[0], &byte, 1), 1) << "it has ended";
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, WUNTRACED), child);
        ASSERT_TRUE(WIFSTOPPED(status)) << "ended by signal " << WTERMSIG(status);
        hang(500ms);
        ::kill(child, SIGCONT);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << "ended by signal " << WTERMSIG(status);
    ::close(told[0]);
}

TEST(DispatchWatchdog, hears_its_timer_in_a_process_that_was_started_with_its_signals_blocked) {
    EXPECT_EQ(signal_that_ends([] {
                  ::signal(SIGABRT, SIG_DFL);
                  sigset_t all;
                  ::sigfillset(&all);
                  ::sigprocmask(SIG_BLOCK, &all, nullptr);
                  DispatchWatchdog watchdog(50ms);
                  watchdog.dispatch_begins();
                  hang(10s);
              }),
              SIGABRT);
}

}  // namespace
}  // namespace hvfbd
