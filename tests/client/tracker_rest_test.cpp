#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tracker_fixture.h"
#include "tracking/constants.h"

namespace hvfb {
namespace {

// Stores into every page, and returns how many faults that took. Not instrumented, for the faults of a
// sanitizer's own memory would be counted too.
__attribute__((no_sanitize("thread"), noinline)) long store_everywhere(volatile std::uint32_t* pixels,
                                                                       std::uint32_t value,
                                                                       std::uint32_t first = 0,
                                                                       std::uint32_t end = 250) {
    rusage before = {}, after = {};
    getrusage(RUSAGE_THREAD, &before);
    for (std::uint32_t page = first; page < end; ++page) pixels[page * 1024] = value;
    getrusage(RUSAGE_THREAD, &after);
    return after.ru_minflt - before.ru_minflt;
}

std::filesystem::path tracker_thread() {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string name;
        std::getline(std::ifstream(task.path() / "comm"), name);
        if (name == "hvfb-tracker") return task.path();
    }
    return {};
}

long tracker_switches() {
    std::ifstream status(tracker_thread() / "status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("voluntary_ctxt_switches:", 0) == 0) return std::stol(line.substr(24));
    return -1;
}

// A store returns when its page was opened. What the thread opens and populates beside it may come much
// later, where other programs have the processors: a test that counts the faults of the next stores waits for
// that first.
void wait_until_tracker_sleeps() {
    const auto thread = tracker_thread();
    ASSERT_FALSE(thread.empty());
    for (int waited = 0; waited < 10'000; ++waited) {
        std::string stat;
        std::getline(std::ifstream(thread / "stat"), stat);
        if (stat.find(") S ") != std::string::npos) return;
        poll(nullptr, 0, 1);
    }
    FAIL() << "the tracker's thread did not rest in ten seconds";
}

TEST_F(TrackerTest, does_not_wake_up_at_rest) {
    open();
    daemon.begin();
    store(5);
    auto written = daemon.collect();
    while (written.unprotected()) written = daemon.collect();
    poll(nullptr, 0, 20);
    const long before = tracker_switches();
    ASSERT_GE(before, 0);
    poll(nullptr, 0, 1000);  // the measurement itself
    EXPECT_EQ(tracker_switches(), before);
}

TEST_F(TrackerTest, takes_no_fault_and_wakes_nobody_while_it_is_off) {
    open();
    daemon.begin();
    daemon.send_state(HVFB_TRACKING_OFF);
    daemon.collect();
    for (std::uint32_t page = 0; page < 250; ++page) store(page);
    poll(nullptr, 0, 20);
    const long before = tracker_switches();
    EXPECT_EQ(store_everywhere(pixels(), 2), 0);
    EXPECT_EQ(tracker_switches(), before);
    EXPECT_FALSE(daemon.receive(0));
}

TEST_F(TrackerTest, takes_no_fault_in_steady_redraw) {
    open();
    daemon.begin();
    // The kernel may move pages, 32 at a time, where memory is short; who stores then takes a fault as well.
    long faults = 250;
    for (std::uint32_t frame = 1; frame < 20; ++frame) {
        const long taken = store_everywhere(pixels(), frame);
        if (frame >= 15) faults = std::min(faults, taken);
        poll(nullptr, 0, 1);  // past the time in which a woken store may land
        const auto written = daemon.collect();
        for (std::uint32_t page = 0; page < 250; ++page) ASSERT_TRUE(written.holds(page));
        if (written.unprotected()) daemon.send_compared(written.body.serial, {{0, 250}});
    }
    EXPECT_EQ(faults, 0);
}

TEST_F(TrackerTest, takes_no_fault_for_a_small_change_after_rest_but_the_first) {
    open();
    daemon.begin();
    long least = 30;
    for (std::uint32_t value = 1; least > 0 && value < 40; ++value) {
        store(100, value);
        wait_until_tracker_sleeps();
        least = std::min(least, store_everywhere(pixels(), value, 101, 131));
        while (daemon.collect().unprotected()) continue;
    }
    EXPECT_EQ(least, 0);
}

TEST_F(TrackerTest, takes_no_fault_in_a_whole_redraw_after_rest_but_the_first_few) {
    open();
    daemon.begin();
    long least = 250;
    for (std::uint32_t value = 1; least > 0 && value < 40; ++value) {
        for (std::uint32_t fault = 0; fault < constants::faults_until_everything; ++fault) {
            store(fault * 250 / constants::faults_until_everything, value);
            wait_until_tracker_sleeps();
        }
        least = std::min(least, store_everywhere(pixels(), value));
        while (daemon.collect().unprotected()) continue;
    }
    EXPECT_EQ(least, 0);
}

TEST_F(TrackerTest, takes_no_fault_from_the_moment_it_protects_nothing) {
    open();
    daemon.begin();
    for (const std::uint32_t tracking : {HVFB_TRACKING_OFF, HVFB_TRACKING_COMPARE}) {
        long least = 250;
        for (std::uint32_t value = 1; least > 0 && value < 20; ++value) {
            daemon.send_state(tracking);
            daemon.collect();
            least = std::min(least, store_everywhere(pixels(), value));
            daemon.begin();
        }
        EXPECT_EQ(least, 0) << tracking;
    }
}

TEST_F(TrackerTest, takes_no_fault_from_the_moment_it_leaves_open_what_was_written) {
    open();
    daemon.begin(HVFB_TRACKING_SCAN);
    std::uint32_t frame = 1;
    while (store_everywhere(pixels(), frame) > 0) {
        ASSERT_LT(++frame, 8u) << "one frame to see it, and some in which the kernel may have moved pages";
        daemon.collect();
        daemon.collect();
        wait_until_tracker_sleeps();
    }
}

TEST_F(TrackerTest, takes_no_signal_of_the_program) {
    open();
    daemon.begin();
    std::ifstream status(tracker_thread() / "status");
    for (std::string line; std::getline(status, line);)
        if (line.rfind("SigBlk:", 0) == 0) {
            // All but SIGKILL and SIGSTOP, and the two or three that the C library keeps for itself, and
            // SIGSYS, which answers a call of the thread.
            EXPECT_EQ(std::stoull(line.substr(7), nullptr, 16) | 0x1c0040100ULL,
                      0xfffffffffffbfeffULL | 0x1c0040100ULL);
            return;
        }
    FAIL() << "there is no such thread";
}

}  // namespace
}  // namespace hvfb
