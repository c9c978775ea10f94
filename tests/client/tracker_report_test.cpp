// Reports that nobody asked for.
#include <sys/timerfd.h>

#include <thread>

#include "monotonic.h"
#include "tracker_fixture.h"

namespace hvfb {
namespace {

struct TrackerReportTest : TrackerTest {
    // With leave, and what is owed at first has come.
    void begin(std::uint32_t tracking = HVFB_TRACKING_AUTO, std::uint64_t idle_timeout = 250'000'000) {
        open();
        daemon.settle = 1'000'000;
        daemon.interval = 4'000'000;
        daemon.send_state(tracking, idle_timeout, HVFB_STATE_VISIBLE | HVFB_STATE_ACTIVE | HVFB_STATE_REPORT);
        const auto first = daemon.unasked();
        ASSERT_TRUE(first && first->everything());
    }
};

TEST_F(TrackerReportTest, follows_its_announcement_once_the_store_has_settled_and_protects_again) {
    begin();
    for (std::uint32_t i = 1; i < 4; ++i) {
        store(100, i);
        const auto damaged = daemon.receive();
        ASSERT_TRUE(damaged && damaged->type() == HVFB_DAMAGED);
        auto written = daemon.unasked();
        ASSERT_TRUE(written && written->holds(100) && !written->everything());
        // A store that landed a moment before was left open once more.
        while (written->unprotected()) {
            written = daemon.unasked();
            ASSERT_TRUE(written);
        }
        EXPECT_EQ(written->state(), HVFB_TRACKER_RESTING);
    }
    // A store that was let through and got no processor until its page was protected again has faulted twice,
    // and each time is announced and reported: one pair more than there are stores, where a machine is slow.
    for (int late = 0; const auto damaged = daemon.receive(300); ++late) {
        ASSERT_EQ(damaged->type(), HVFB_DAMAGED) << "at rest it says nothing";
        ASSERT_LT(late, 3) << "at rest it says nothing";
        auto written = daemon.unasked();
        while (written && written->unprotected()) written = daemon.unasked();
        ASSERT_TRUE(written && written->holds(100));
        EXPECT_EQ(written->state(), HVFB_TRACKER_RESTING);
    }
}

TEST_F(TrackerReportTest, tells_what_is_written_while_it_scans_and_nothing_else) {
    begin(HVFB_TRACKING_SCAN);
    for (std::uint32_t i = 1; i < 4; ++i) {
        store(50 * i, 1);
        const auto written = daemon.unasked();
        ASSERT_TRUE(written && written->holds(50 * i));
        EXPECT_EQ(written->pages.size(), 1u);
        EXPECT_FALSE(daemon.receive(60));
    }
}

TEST_F(TrackerReportTest, goes_on_by_itself_from_many_faults_to_scanning_and_to_rest_again) {
    begin(HVFB_TRACKING_AUTO, 50'000'000);
    std::uint32_t state = HVFB_TRACKER_RESTING, value = 0;
    for (int i = 0; state != HVFB_TRACKER_SCANNING; ++i) {
        ASSERT_LT(i, 100);
        store(7, ++value);
        const auto written = daemon.unasked();
        ASSERT_TRUE(written);
        state = written->state();
    }
    auto last = daemon.unasked();
    while (last && last->state() != HVFB_TRACKER_RESTING) last = daemon.unasked();
    ASSERT_TRUE(last);
    EXPECT_TRUE(last->everything());
    EXPECT_FALSE(daemon.receive(200));
}

// A program that draws for more than twice as long as a store takes to settle.
TEST_F(TrackerReportTest, says_one_thing_of_a_burst_and_only_when_it_is_over) {
    open();
    daemon.settle = 30'000'000;
    daemon.interval = 400'000'000;
    daemon.send_state(HVFB_TRACKING_AUTO, 250'000'000,
                      HVFB_STATE_VISIBLE | HVFB_STATE_ACTIVE | HVFB_STATE_REPORT);
    ASSERT_TRUE(daemon.unasked());
    bool early = true, stalled = true;
    for (int attempts = 0; early && stalled && attempts < 5; ++attempts) {
        while (daemon.receive(500)) continue;
        early = stalled = false;
        Nanoseconds before = monotonic_now();
        for (std::uint32_t page = 0; page < 250; ++page) {
            if (page % 50 == 49) poll(nullptr, 0, 20);
            store(page, page + 1);
            const Nanoseconds now = monotonic_now();
            // It got no processor for so long, and so did not draw on.
            stalled = stalled || now - before > daemon.settle;
            before = now;
        }
        while (const auto packet = daemon.receive(0)) early = early || packet->type() == HVFB_WRITTEN;
    }
    ASSERT_FALSE(early);
    const auto written = daemon.unasked();
    ASSERT_TRUE(written);
    for (std::uint32_t page = 0; page < 250; ++page) EXPECT_TRUE(written->holds(page));
    EXPECT_FALSE(written->unprotected());
    EXPECT_FALSE(daemon.receive(100));
}

TEST_F(TrackerReportTest, needs_leave) {
    open();
    daemon.begin(HVFB_TRACKING_SCAN);
    store(7);
    EXPECT_FALSE(daemon.receive(100));
}

// With an alarm.
struct TrackerAlarmTest : TrackerReportTest {
    Descriptor alarm{timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};

    void give_alarm() { daemon.send(HVFB_ALARM, hvfb_alarm{}, nullptr, 0, alarm.get()); }
    bool armed() const {
        itimerspec time = {};
        timerfd_gettime(alarm.get(), &time);
        return time.it_value.tv_sec != 0 || time.it_value.tv_nsec != 0;
    }
    bool rang(int milliseconds) const {
        pollfd readable = {.fd = alarm.get(), .events = POLLIN, .revents = 0};
        return poll(&readable, 1, milliseconds) == 1;
    }
};

TEST_F(TrackerAlarmTest, sets_it_instead_of_announcing_and_disarms_it_when_it_has_reported) {
    begin();
    give_alarm();
    daemon.settle = 20'000'000;
    daemon.send_state(HVFB_TRACKING_AUTO, 250'000'000,
                      HVFB_STATE_VISIBLE | HVFB_STATE_ACTIVE | HVFB_STATE_REPORT);
    daemon.collect();  // both were taken
    for (std::uint32_t i = 1; i < 4; ++i) {
        store(100, i);
        EXPECT_TRUE(armed());
        const auto packet = daemon.receive();
        ASSERT_TRUE(packet && packet->type() == HVFB_WRITTEN)
            << "the report is the first that is heard of it";
        // What landed a moment before was left open, and is reported once more.
        for (auto more = packet; more && more->as<hvfb_written>().flags & HVFB_WRITTEN_UNPROTECTED;)
            more = daemon.receive();
        // A moment passes between sending and disarming, in which it rings where the machine is slow.
        const Nanoseconds until = monotonic_now() + 5'000'000'000;
        while ((armed() || rang(0)) && monotonic_now() < until) std::this_thread::yield();
        EXPECT_FALSE(rang(100));
        EXPECT_FALSE(armed());
    }
}

TEST_F(TrackerAlarmTest, announces_all_the_same_where_no_report_follows) {
    open();
    daemon.begin();
    give_alarm();
    daemon.collect();
    store(100);
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    EXPECT_FALSE(armed());
}

TEST_F(TrackerAlarmTest, lets_it_ring_while_the_daemon_takes_no_report) {
    begin();
    give_alarm();
    daemon.collect();
    // Until the channel is full: what it has to say waits.
    while (hvfb_surface_damage(surface, nullptr, 0) == 0 && surface->outbox.owing() == 0) continue;
    store(100);
    EXPECT_TRUE(rang(5000));
}

TEST_F(TrackerReportTest, does_not_replace_an_answer) {
    begin();
    store(100);
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    daemon.send(HVFB_COLLECT, hvfb_collect{{}, 77});
    // Before or after what was not asked for.
    auto packet = daemon.next(HVFB_WRITTEN);
    while (packet && packet->as<hvfb_written>().serial == 0) packet = daemon.next(HVFB_WRITTEN);
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->as<hvfb_written>().serial, 77u);
}

}  // namespace
}  // namespace hvfb
