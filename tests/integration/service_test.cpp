#include "system/service.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "dispatching.h"
#include "fakes/service_manager.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

// In a process of its own, whose signals are its own as well: 0 if all went well.
int outcome_of(int (*act)()) {
    pid_t child = ::fork();
    if (child == 0) ::_exit(act());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 100 + WTERMSIG(status);
}

TEST(AService, hears_signals_that_came_before_there_was_a_loop) {
    EXPECT_EQ(outcome_of([] {
                  Service::hold_signals();
                  for (int signal : {SIGHUP, SIGPIPE, SIGTERM}) ::raise(signal);
                  EventLoop loop;
                  Notifier nobody;
                  bool reloaded = false, ended = false;
                  Service service(
                      loop, nobody, [&] { reloaded = true; }, [&] { ended = true; });
                  return dispatch_until(loop, [&] { return reloaded && ended; }) ? 0 : 1;
              }),
              0);
}

TEST(AService, that_only_checks_its_configuration_ends_by_a_signal) {
    EXPECT_EQ(outcome_of([] {
                  Service::hold_signals();
                  ::raise(SIGTERM);
                  Service::release_signals();
                  return 0;
              }),
              100 + SIGTERM);
}

TEST(AService, feeds_a_watchdog_and_is_ready_however_long_the_manager_does_not_read) {
    EXPECT_EQ(outcome_of([] {
                  ServiceManager manager;
                  ::setenv("WATCHDOG_USEC", "20000", 1);
                  ::unsetenv("WATCHDOG_PID");
                  Notifier notifier(manager.address());
                  for (int i = 0; i < 1000; ++i) notifier.notify("STATUS=" + std::to_string(i));
                  if (!notifier.waits()) return 1;
                  EventLoop loop;
                  NotifierPump pump(loop, notifier);
                  Service service(
                      loop, notifier, [] {}, [] {});
                  service.ready();
                  dispatch_until(
                      loop, [] { return false; }, 100ms);
                  if (!notifier.waits()) return 2;
                  bool sent = dispatch_until(loop, [&] {
                      manager.listen();
                      return manager.has_heard("READY=1") && manager.has_heard("WATCHDOG=1");
                  });
                  return sent ? 0 : 3;
              }),
              0);
}

TEST(AService, does_not_run_its_loop_while_the_manager_does_not_read) {
    EXPECT_EQ(outcome_of([] {
                  ServiceManager manager;
                  Notifier notifier(manager.address());
                  EventLoop loop;
                  NotifierPump pump(loop, notifier);
                  for (int i = 0; i < 1000; ++i) notifier.notify("STATUS=" + std::to_string(i));
                  dispatch_until(
                      loop, [] { return false; }, 200ms);
                  return loop.dispatches() < 10 ? 0 : 1;
              }),
              0);
}

}  // namespace
}  // namespace hvfbd::testing
