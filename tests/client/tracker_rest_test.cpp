#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tracker_fixture.h"

namespace hvfb {
namespace {

// Stores into every page, and returns how many faults that took. Not instrumented, for the faults of a
// sanitizer's own memory would be counted too.
__attribute__((no_sanitize("thread"), noinline)) long store_everywhere(volatile std::uint32_t* pixels,
                                                                       std::uint32_t value) {
    rusage before = {}, after = {};
    getrusage(RUSAGE_THREAD, &before);
    for (std::uint32_t page = 0; page < 250; ++page) pixels[page * 1024] = value;
    getrusage(RUSAGE_THREAD, &after);
    return after.ru_minflt - before.ru_minflt;
}

long thread_switches(const char* name) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string line;
        std::getline(std::ifstream(task.path() / "comm") >> std::ws, line);
        if (line != name) continue;
        std::ifstream status(task.path() / "status");
        while (std::getline(status, line))
            if (line.rfind("voluntary_ctxt_switches:", 0) == 0) return std::stol(line.substr(24));
    }
    return -1;
}

TEST_F(TrackerTest, does_not_wake_up_at_rest) {
    open();
    daemon.begin();
    store(5);
    auto written = daemon.collect();
    while (written.unprotected()) written = daemon.collect();
    poll(nullptr, 0, 20);
    const long before = thread_switches("hvfb-tracker");
    ASSERT_GE(before, 0);
    poll(nullptr, 0, 1000);  // the measurement itself
    EXPECT_EQ(thread_switches("hvfb-tracker"), before);
}

TEST_F(TrackerTest, takes_no_fault_and_wakes_nobody_while_it_is_off) {
    open();
    daemon.begin();
    daemon.send_state(HVFB_TRACKING_OFF);
    daemon.collect();
    for (std::uint32_t page = 0; page < 250; ++page) store(page);
    poll(nullptr, 0, 20);
    const long before = thread_switches("hvfb-tracker");
    EXPECT_EQ(store_everywhere(pixels(), 2), 0);
    EXPECT_EQ(thread_switches("hvfb-tracker"), before);
    EXPECT_FALSE(daemon.receive(0));
}

TEST_F(TrackerTest, takes_no_fault_in_steady_redraw) {
    open();
    daemon.begin();
    long faults = 0;
    for (std::uint32_t frame = 1; frame < 20; ++frame) {
        faults = store_everywhere(pixels(), frame);
        const auto written = daemon.collect();
        for (std::uint32_t page = 0; page < 250; ++page) ASSERT_TRUE(written.holds(page));
        if (written.unprotected()) daemon.send_compared(written.body.serial, {{0, 250}});
    }
    EXPECT_EQ(faults, 0);
}

TEST_F(TrackerTest, takes_no_signal_of_the_program) {
    open();
    daemon.begin();
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string line;
        std::getline(std::ifstream(task.path() / "comm"), line);
        if (line != "hvfb-tracker") continue;
        std::ifstream status(task.path() / "status");
        while (std::getline(status, line))
            if (line.rfind("SigBlk:", 0) == 0) {
                // All but SIGKILL and SIGSTOP, and the two or three that the C library keeps for itself, and
                // SIGSYS, which answers a call of the thread.
                EXPECT_EQ(std::stoull(line.substr(7), nullptr, 16) | 0x1c0040100ULL,
                          0xfffffffffffbfeffULL | 0x1c0040100ULL);
                return;
            }
    }
    FAIL() << "there is no such thread";
}

}  // namespace
}  // namespace hvfb
