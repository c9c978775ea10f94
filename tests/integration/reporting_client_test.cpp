// Clients that report what was written without being asked.
#include <sys/timerfd.h>

#include "display_fixture.h"

namespace hvfbd::testing {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t reporting_tracker =
    HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT;
constexpr std::uint32_t scanning = HVFB_WRITTEN_UNPROTECTED | HVFB_TRACKER_SCANNING
                                                                  << HVFB_WRITTEN_STATE_SHIFT;
constexpr std::uint32_t resting = HVFB_TRACKER_RESTING << HVFB_WRITTEN_STATE_SHIFT;

class AReportingClient : public DisplayFixture {
  protected:
    AReportingClient() : client(open()) {
        without_recheck();
        client.hello(reporting_tracker);
        // The first answer says that it rests: from then on it is not asked.
        auto collect = await(client, HVFB_COLLECT);
        if (collect) client.written(collect->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING | resting);
        dispatch_until([&] { return display->surfaces().active()->tracking_state() == "resting"; });
        dispatch_while_ready();
    }
    bool was_asked() {
        while (auto message = client.receive())
            if (message->type() == HVFB_COLLECT) return true;
        return false;
    }
    RawClient client;
};

TEST_F(AReportingClient, is_given_leave_and_shown_without_being_asked) {
    client.pixel(5, 6) = 0x123456;
    client.written(0, resting, {{0, 4}});
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(5, 6) == 0x123456; }));
    EXPECT_FALSE(was_asked());
    EXPECT_EQ(display->statistics().frames, 2u);
    dispatch_until([] { return false; }, 200ms);
    EXPECT_FALSE(loop.run_once(300ms)) << "rest";
}

TEST_F(AReportingClient, that_announces_and_then_says_nothing_is_asked_after_a_moment) {
    client.pixel(5, 6) = 0x123456;
    client.damaged();
    EXPECT_TRUE(await(client, HVFB_COLLECT));
    // It was stopped, perhaps: everything is compared.
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(5, 6) == 0x123456; }));
}

TEST_F(AReportingClient, that_scans_and_says_nothing_is_asked_now_and_then) {
    client.written(0, scanning, {{0, 1}});
    EXPECT_TRUE(await(client, HVFB_COLLECT));
    client.pixel(7, 8) = 0x123456;
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(7, 8) == 0x123456; })) << "it is stopped, perhaps";
}

TEST_F(AReportingClient, that_waits_for_a_frame_is_asked_at_once) {
    client.pixel(9, 9) = 0x123456;
    EXPECT_TRUE(present(client, 5));
    EXPECT_EQ(front_pixel(9, 9), 0x123456u);
}

TEST_F(AReportingClient, is_sent_which_of_its_open_pages_differ) {
    client.pixel(0, 0) = 0x123456;
    client.written(0, scanning | HVFB_WRITTEN_ONLY_OPEN, {{0, 8}});
    auto compared = await(client, HVFB_COMPARED);
    ASSERT_TRUE(compared);
    ASSERT_EQ(compared->as<hvfb_compared>().count, 1u);
}

// A single row is seen by one sampled compare in seventeen.
TEST_F(AReportingClient,
       whose_pages_are_only_open_is_shown_within_the_time_that_a_sampled_compare_may_hide_it) {
    client.pixel(0, 0) = 1;
    client.written(0, scanning | HVFB_WRITTEN_ONLY_OPEN, {{0, 64}});
    ASSERT_TRUE(dispatch_until([&] { return front_pixel(0, 0) == 1; }));
    for (std::uint32_t y = 1; y < 40; ++y) {
        client.pixel(3, y) = y;
        EXPECT_TRUE(dispatch_until([&] {
            client.written(0, scanning | HVFB_WRITTEN_ONLY_OPEN, {{0, 64}});
            return front_pixel(3, y) == y;
        })) << y;
    }
}

TEST_F(AReportingClient, that_reports_for_nothing_without_end_does_not_keep_the_daemon_comparing) {
    std::uint64_t before = display->statistics().empty_looks;
    Time end = clock_now() + 1s;
    dispatch_until([&] {
        client.written(0, scanning | HVFB_WRITTEN_EVERYTHING);
        return clock_now() >= end;
    });
    // Eight are free; then one uses up an interval, of 50 ms here.
    EXPECT_LE(display->statistics().empty_looks - before, 8u + 20u + 2u);
}

class AClientWithAnAlarm : public DisplayFixture {
  protected:
    AClientWithAnAlarm() : client(open()) {
        without_recheck();
        client.hello(reporting_tracker | HVFB_HELLO_CAN_ALARM);
        auto given = await(client, HVFB_ALARM);
        if (given) alarm = std::move(given->attached);
        auto collect = await(client, HVFB_COLLECT);
        if (collect) client.written(collect->as<hvfb_collect>().serial, HVFB_WRITTEN_EVERYTHING | resting);
        dispatch_until([&] { return display->surfaces().active()->tracking_state() == "resting"; });
        dispatch_while_ready();
    }
    void set_alarm(long nanoseconds) const {
        itimerspec time{{0, 0}, {0, nanoseconds}};
        ::timerfd_settime(alarm.get(), 0, &time, nullptr);
    }
    Descriptor alarm;
    RawClient client;
};

TEST_F(AClientWithAnAlarm, that_sets_it_and_reports_wakes_the_daemon_once) {
    ASSERT_TRUE(alarm);
    client.pixel(5, 6) = 0x123456;
    set_alarm(500'000'000);
    EXPECT_FALSE(loop.run_once(20ms));
    client.written(0, resting, {{0, 4}});
    set_alarm(0);
    // The interval since the last present may not be over: then it is a second dispatch of its own.
    auto dispatches = loop.dispatches();
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(5, 6) == 0x123456; }));
    EXPECT_LE(loop.dispatches() - dispatches, 2u);
    dispatch_until([] { return false; }, 200ms);
    EXPECT_FALSE(loop.run_once(600ms)) << "rest";
}

TEST_F(AClientWithAnAlarm, that_sets_it_and_is_stopped_is_shown) {
    ASSERT_TRUE(alarm);
    client.pixel(5, 6) = 0x123456;
    set_alarm(1'000'000);
    EXPECT_TRUE(dispatch_until([&] { return front_pixel(5, 6) == 0x123456; }));
}

TEST_F(AClientWithAnAlarm, that_lets_it_ring_without_end_is_heard_fifty_times_a_second) {
    ASSERT_TRUE(alarm);
    std::uint64_t before = display->statistics().announcements;
    Time end = clock_now() + 1s;
    dispatch_until([&] {
        set_alarm(1);
        return clock_now() >= end;
    });
    EXPECT_GT(display->statistics().announcements - before, 1u);
    EXPECT_LE(display->statistics().announcements - before, 52u);
    EXPECT_FALSE(loop.run_once(0ms) && loop.run_once(0ms) && loop.run_once(0ms))
        << "and it may sleep in between";
}

TEST_F(DisplayFixture, a_client_that_did_not_say_that_it_reports_is_closed_when_it_does) {
    RawClient client = open();
    client.hello(HVFB_HELLO_CAN_SCAN);
    client.written(0, 0, {{0, 1}});
    EXPECT_TRUE(dispatch_until([&] { return client.closed(); }));
    EXPECT_EQ(observer.violations.size(), 1u);
}

}  // namespace
}  // namespace hvfbd::testing
