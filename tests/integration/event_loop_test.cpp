#include "base/event_loop.h"

#include <gtest/gtest.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <csignal>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "base/descriptor.h"

namespace hvfbd {
namespace {

using namespace std::chrono_literals;

class AnEventLoop : public ::testing::Test {
  protected:
    void ring(int by = 1) { ASSERT_EQ(::eventfd_write(bell.get(), static_cast<eventfd_t>(by)), 0); }

    EventLoop loop;
    Descriptor bell{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

TEST_F(AnEventLoop, calls_back_when_a_descriptor_is_ready_and_not_otherwise) {
    unsigned calls = 0;
    LoopSource source = loop.watch(bell.get(), EPOLLIN, [&](std::uint32_t events) {
        EXPECT_EQ(events, EPOLLIN);
        eventfd_t value;
        ::eventfd_read(bell.get(), &value);
        ++calls;
    });
    EXPECT_FALSE(loop.run_once(0ms));
    ring();
    EXPECT_TRUE(loop.run_once(1s));
    EXPECT_EQ(calls, 1u);
    EXPECT_FALSE(loop.run_once(0ms));
}

TEST_F(AnEventLoop, is_silent_about_a_descriptor_whose_source_is_asleep_or_gone) {
    LoopSource source = loop.watch(bell.get(), EPOLLIN, [&](std::uint32_t) { FAIL(); });
    ring();
    source.set_enabled(false);
    EXPECT_FALSE(loop.run_once(0ms));
    source.set_enabled(true);
    source.set_events(0);
    EXPECT_FALSE(loop.run_once(0ms));
    source.set_events(EPOLLIN);
    source.reset();
    EXPECT_FALSE(loop.run_once(0ms));
}

TEST_F(AnEventLoop, calls_again_a_little_later_what_found_no_memory_or_descriptor_and_does_not_spin) {
    unsigned calls = 0, rings = 0, dispatches = 0;
    std::string why;
    loop.on_shortage([&](const char* what) { why = what; });
    LoopSource source = loop.watch(bell.get(), EPOLLIN, [&](std::uint32_t) {
        if (++calls <= 3) throw std::bad_alloc();
        eventfd_t value;
        ::eventfd_read(bell.get(), &value);
    });
    EventLoop::Alarm alarm(loop, [&] {
        if (++rings == 1) throw std::system_error(EMFILE, std::system_category(), "open it");
    });
    alarm.set(loop.now());
    ring();
    for (; calls < 4 || rings < 2; ++dispatches) ASSERT_TRUE(loop.run_once(10s));
    EXPECT_FALSE(why.empty());
    EXPECT_LT(dispatches, 20u);
    // As often as it is ready, again.
    const Time begin = clock_now();
    for (int i = 0; i < 50; ++i) {
        ring();
        ASSERT_TRUE(loop.run_once(10s));
    }
    EXPECT_EQ(calls, 54u);
    EXPECT_LT(clock_now() - begin, 50 * EventLoop::until_again);
}

TEST_F(AnEventLoop, lets_what_finds_no_memory_be_dropped_in_its_own_callback) {
    LoopSource source;
    source = loop.watch(bell.get(), EPOLLIN, [&](std::uint32_t) {
        source.reset();
        throw std::bad_alloc();
    });
    ring();
    EXPECT_TRUE(loop.run_once(10s));
    std::optional<EventLoop::Alarm> alarm;
    alarm.emplace(loop, [&] {
        alarm.reset();
        throw std::bad_alloc();
    });
    alarm->set(loop.now());
    EXPECT_TRUE(loop.run_once(10s));
    EXPECT_FALSE(loop.run_once(EventLoop::until_again * 2));
}

TEST_F(AnEventLoop, lets_a_source_be_dropped_in_its_own_callback) {
    LoopSource source;
    auto captured =
        std::make_shared<int>(7);  // shared because std::function copies; freed memory is what it shows
    source = loop.watch(bell.get(), EPOLLIN, [&, value = std::move(captured)](std::uint32_t) {
        source.reset();
        EXPECT_EQ(*value, 7);
    });
    ring();
    EXPECT_TRUE(loop.run_once(1s));
    EXPECT_FALSE(loop.run_once(0ms));
}

TEST_F(AnEventLoop, rings_an_alarm_at_its_time_and_not_before) {
    Time rung{};
    EventLoop::Alarm alarm(loop, [&] { rung = clock_now(); });
    Time at = clock_now() + 20ms;
    alarm.set(at);
    ASSERT_TRUE(loop.run_once(5s));
    EXPECT_GE(rung, at);
    EXPECT_FALSE(loop.run_once(0ms));
}

TEST_F(AnEventLoop, rings_only_at_the_newest_time_of_an_alarm_or_never) {
    unsigned calls = 0;
    EventLoop::Alarm alarm(loop, [&] { ++calls; });
    alarm.set(clock_now() + 1ms);
    alarm.set(clock_now() + 1h);
    EXPECT_FALSE(loop.run_once(50ms));
    alarm.set(clock_now() + 1ms);
    alarm.set(std::nullopt);
    EXPECT_FALSE(loop.run_once(50ms));
    EXPECT_EQ(calls, 0u);
}

TEST_F(AnEventLoop, rings_again_when_an_alarm_is_set_to_the_time_it_has_just_rung_for) {
    unsigned calls = 0;
    EventLoop::Alarm alarm(loop, [&] { ++calls; });
    Time past = clock_now();
    alarm.set(past);
    ASSERT_TRUE(loop.run_once(1s));
    alarm.set(past);
    ASSERT_TRUE(loop.run_once(1s));
    EXPECT_EQ(calls, 2u);
}

TEST_F(AnEventLoop, runs_the_end_of_a_dispatch_that_did_something_with_its_time) {
    unsigned dispatches = 0;
    loop.after_dispatch([&](Time now) {
        ++dispatches;
        EXPECT_EQ(now, loop.now());
    });
    EXPECT_FALSE(loop.run_once(0ms));
    EXPECT_EQ(dispatches, 0u);
    EventLoop::Alarm alarm(loop, [] {});
    alarm.set(clock_now());
    EXPECT_TRUE(loop.run_once(1s));
    EXPECT_EQ(dispatches, 1u);
}

TEST_F(AnEventLoop, throws_what_a_callback_threw_and_goes_on_afterwards) {
    LoopSource source = loop.watch(bell.get(), EPOLLIN, [&](std::uint32_t) {
        eventfd_t value;
        ::eventfd_read(bell.get(), &value);
        throw std::runtime_error("thrown in a callback");
    });
    ring();
    EXPECT_THROW(loop.run_once(1s), std::runtime_error);
    EXPECT_FALSE(loop.run_once(0ms));
    ring();
    EXPECT_THROW(loop.run_once(1s), std::runtime_error);
}

TEST_F(AnEventLoop, prepares_before_it_waits_and_that_alone_wakes_nothing) {
    unsigned prepared = 0;
    LoopSource source = loop.before_wait([&] { ++prepared; });
    EXPECT_FALSE(loop.run_once(0ms));
    EXPECT_GE(prepared, 1u);
}

TEST_F(AnEventLoop, hears_signals) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGUSR1);
    ASSERT_EQ(::pthread_sigmask(SIG_BLOCK, &signals, nullptr), 0);
    unsigned heard = 0;
    LoopSource source = loop.on_signal(SIGUSR1, [&] { ++heard; });
    ::raise(SIGUSR1);
    EXPECT_TRUE(loop.run_once(1s));
    EXPECT_EQ(heard, 1u);
}

}  // namespace
}  // namespace hvfbd
