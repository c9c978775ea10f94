#include "control/turn_watchdog.h"

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

// A turn that hangs; bounded, so that the test ends where there is no watchdog.
void hang(Duration duration) {
    sigset_t none;
    ::sigemptyset(&none);
    timespec time{duration / 1s, (duration % 1s).count()};
    ::ppoll(nullptr, 0, &time, &none);
}

TEST(TurnWatchdog, aborts_a_turn_that_hangs) {
    EXPECT_EQ(signal_that_ends([] {
                  // The default action, whatever the test program or a sanitizer made of it.
                  ::signal(SIGABRT, SIG_DFL);
                  TurnWatchdog watchdog(50ms);
                  watchdog.turn_begins();
                  hang(10s);
              }),
              SIGABRT);
}

TEST(TurnWatchdog, leaves_a_loop_alone_that_waits_between_its_turns) {
    EXPECT_EQ(signal_that_ends([] {
                  ::signal(SIGABRT, SIG_DFL);
                  TurnWatchdog watchdog(50ms);
                  watchdog.turn_begins();
                  watchdog.turn_ends();
                  hang(200ms);
              }),
              0);
}

}  // namespace
}  // namespace hvfbd
