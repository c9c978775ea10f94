#include "tracking/tracker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "scripted_daemon.h"

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

struct TrackerTest : testing::Test {
    ScriptedDaemon daemon;
    hvfb_surface* surface = nullptr;

    ~TrackerTest() override {
        hvfb_surface_close(surface);
        unsetenv("HVFB_FEATURES");
    }
    void open(const char* features = "") {
        setenv("HVFB_FEATURES", features, 1);
        surface = daemon.open();
    }
    std::uint32_t* pixels() { return static_cast<std::uint32_t*>(hvfb_surface_pixels(surface)); }
    void store(std::uint32_t page, std::uint32_t value = 1) {
        __atomic_store_n(pixels() + page * 1024, value, __ATOMIC_RELAXED);
    }
    bool told(int event) {
        pollfd readable = {.fd = hvfb_surface_fd(surface), .events = POLLIN, .revents = 0};
        while (poll(&readable, 1, 5000) == 1)
            if (hvfb_surface_dispatch(surface) & event) return true;
        return false;
    }
};

TEST_F(TrackerTest, says_in_hello_how_it_can_track) {
    open();
    EXPECT_EQ(daemon.hello_flags, HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN);
    EXPECT_STREQ(hvfb_surface_tracking(surface), "resting+scanning");
}

TEST_F(TrackerTest, can_be_told_to_be_as_on_an_older_kernel) {
    struct Case {
        const char *features, *name;
        std::uint32_t flags;
    };
    for (const Case& one :
         {Case{"no-scan", "resting", HVFB_HELLO_CAN_ANNOUNCE},
          Case{"no-announce", "scanning", HVFB_HELLO_CAN_SCAN}, Case{"no-announce,no-scan", "polled", 0}}) {
        open(one.features);
        EXPECT_EQ(daemon.hello_flags, one.flags);
        EXPECT_STREQ(hvfb_surface_tracking(surface), one.name);
        hvfb_surface_close(surface);
        surface = nullptr;
    }
}

TEST_F(TrackerTest, announces_the_first_store_after_rest_and_reports_its_page) {
    open();
    daemon.begin();
    store(100);
    const auto damaged = daemon.receive();
    ASSERT_TRUE(damaged && damaged->type() == HVFB_DAMAGED);
    EXPECT_EQ(damaged->as<hvfb_damaged>().kind, HVFB_DAMAGED_PAGES);
    store(101);
    store(200);
    auto written = daemon.collect();
    EXPECT_TRUE(written.holds(100) && written.holds(200));
    EXPECT_FALSE(written.everything());
    while (written.unprotected()) written = daemon.collect();
    EXPECT_EQ(written.state(), HVFB_TRACKER_RESTING);
    EXPECT_FALSE(daemon.receive(0)) << "one announcement is enough";
    store(100, 2);
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED)) << "it was protected again";
}

TEST_F(TrackerTest, reports_nothing_when_nothing_was_stored) {
    open();
    daemon.begin();
    const auto written = daemon.collect();
    EXPECT_TRUE(written.pages.empty() && !written.everything() && !written.unprotected());
}

TEST_F(TrackerTest, answers_every_collection_once_whatever_its_state) {
    for (const char* features : {"", "no-scan", "no-announce", "no-announce,no-scan"}) {
        open(features);
        EXPECT_EQ(daemon.collect().state(), HVFB_TRACKER_OFF);
        for (std::uint32_t tracking = 0; tracking <= 4; ++tracking) {
            daemon.send_state(tracking);
            EXPECT_TRUE(daemon.collect().everything());
            store(tracking, 3);
            EXPECT_TRUE(daemon.collect().holds(tracking)) << features << tracking;
        }
        EXPECT_FALSE(daemon.next(HVFB_WRITTEN, 0));
        hvfb_surface_close(surface);
        surface = nullptr;
    }
}

TEST_F(TrackerTest, lets_a_system_call_store_while_it_rests) {
    open();
    daemon.begin();
    const Descriptor zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
    store(150, 7);
    auto written = daemon.collect();
    while (written.unprotected()) written = daemon.collect();
    ASSERT_EQ(read(zero.get(), pixels() + 150 * 1024, 5 * 4096), 5 * 4096);
    EXPECT_EQ(pixels()[150 * 1024], 0u);
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    written = daemon.collect();
    EXPECT_TRUE(written.holds(150) && written.holds(154));
}

TEST_F(TrackerTest, serves_hundreds_of_threads_that_store_at_once) {
    open();
    daemon.begin();
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < 300; ++i)
        threads.emplace_back([this, i] {
            for (std::uint32_t k = 0; k < 20; ++k) store((i * 37 + k * 11) % 250, i);
        });
    for (std::uint32_t k = 0; k < 20; ++k) daemon.collect();
    for (auto& thread : threads) thread.join();
}

TEST_F(TrackerTest, lets_stores_go_on_when_the_daemon_hangs_up) {
    open();
    daemon.begin();
    std::atomic<bool> stop = false;
    std::thread writer([&] {
        for (std::uint32_t i = 0; !stop; ++i) store(i % 250, i);
    });
    daemon.next(HVFB_DAMAGED);
    daemon.hang_up();
    EXPECT_TRUE(told(HVFB_EVENT_LOST));
    stop = true;
    writer.join();
    EXPECT_EQ(hvfb_surface_damage(surface, nullptr, 0), -ENOTCONN);
    EXPECT_EQ(hvfb_surface_is_shown(surface), 0);
}

TEST_F(TrackerTest, lets_stores_go_on_when_the_surface_is_revoked) {
    open();
    daemon.begin();
    daemon.send(HVFB_REVOKED, hvfb_revoked{});
    daemon.hang_up();
    EXPECT_TRUE(told(HVFB_EVENT_REVOKED));
    for (std::uint32_t page = 0; page < 250; ++page) store(page);
}

TEST_F(TrackerTest, takes_malformed_messages_for_a_daemon_that_is_gone) {
    open();
    daemon.begin();
    daemon.send(HVFB_COLLECT, hvfb_collect{{}, 1}, "x", 1);
    EXPECT_TRUE(told(HVFB_EVENT_LOST));
    store(9);
}

// A daemon that is stopped. What it has not read fills the channel; the stores go on, and it misses nothing.
TEST_F(TrackerTest, lets_stores_go_on_when_the_daemon_does_not_read) {
    open();
    daemon.begin();
    const int size = 4096;
    setsockopt(surface->channel.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(hvfb_surface_damage(surface, nullptr, 0), 0);
    std::vector<std::thread> writers;
    for (std::uint32_t w = 0; w < 4; ++w)
        writers.emplace_back([this, w] {
            for (std::uint32_t i = 0; i < 2000; ++i) store((i * (w + 3)) % 250, i + 1);
        });
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(hvfb_surface_request_frame(surface, nullptr), 0);
    EXPECT_EQ(hvfb_surface_end(surface), 0);
    bool announced = false, asked = false, ended = false;
    while (!announced || !asked || !ended) {
        const auto packet = daemon.receive();
        ASSERT_TRUE(packet) << announced << asked << ended;
        if (packet->type() == HVFB_DAMAGED && packet->as<hvfb_damaged>().kind != HVFB_DAMAGED_RECTANGLES)
            announced = true;
        asked = asked || packet->type() == HVFB_FRAME;
        ended = ended || packet->type() == HVFB_END;
    }
    const auto written = daemon.collect();
    for (std::uint32_t page = 0; page < 250; ++page) EXPECT_TRUE(written.holds(page)) << page;
}

TEST_F(TrackerTest, answers_a_collection_when_there_is_room_again) {
    open();
    daemon.begin();
    const int size = 4096;
    setsockopt(surface->channel.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (int i = 0; i < 100; ++i) ASSERT_EQ(hvfb_surface_damage(surface, nullptr, 0), 0);
    store(77);
    auto written = daemon.collect();
    EXPECT_TRUE(written.holds(77));
    while (written.unprotected()) written = daemon.collect();
    EXPECT_TRUE(daemon.collect().pages.empty());
}

TEST_F(TrackerTest, survives_a_program_that_takes_away_its_own_pixels) {
    open();
    daemon.begin();
    munmap(hvfb_surface_pixels(surface), 64 * 4096);
    store(100);
    EXPECT_TRUE(daemon.next(HVFB_DAMAGED));
    // A part of what is opened around this fault is a hole now.
    store(65);
    auto written = daemon.collect();
    EXPECT_TRUE(written.holds(65) && written.holds(100));
    munmap(hvfb_surface_pixels(surface), surface->pixels.size());
    daemon.send_state(HVFB_TRACKING_OFF);
    daemon.send_state(HVFB_TRACKING_AUTO);
    daemon.collect();
    written = daemon.collect();
    EXPECT_TRUE(written.everything() && written.unprotected());
    EXPECT_EQ(written.state(), HVFB_TRACKER_POLLED);
    EXPECT_STREQ(hvfb_surface_tracking(surface), "polled");
}

TEST_F(TrackerTest, survives_a_program_that_moves_or_protects_its_pixels) {
    open();
    daemon.begin();
    auto* address = static_cast<std::byte*>(hvfb_surface_pixels(surface));
    ASSERT_EQ(mprotect(address, 16 * 4096, PROT_READ), 0);
    store(40);
    EXPECT_TRUE(daemon.collect().holds(40));
    const std::size_t size = surface->pixels.size() - 16 * 4096;
    void* moved = mremap(address + 16 * 4096, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
                         mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ASSERT_NE(moved, MAP_FAILED);
    for (std::size_t offset = 0; offset < size; offset += 4096)
        static_cast<volatile char*>(moved)[offset] = 5;
    daemon.collect();
    munmap(address, 16 * 4096);
    daemon.send_state(HVFB_TRACKING_SCAN);
    EXPECT_EQ(daemon.collect().state(), HVFB_TRACKER_POLLED);
    munmap(moved, size);
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
                // All but SIGKILL and SIGSTOP, and the two or three that the C library keeps for itself.
                EXPECT_EQ(std::stoull(line.substr(7), nullptr, 16) | 0x180040100ULL,
                          0xfffffffffffbfeffULL | 0x180040100ULL);
                return;
            }
    }
    FAIL() << "there is no such thread";
}

}  // namespace
}  // namespace hvfb
