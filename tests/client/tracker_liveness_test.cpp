#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>
#include <thread>

#include "tracker_fixture.h"

namespace hvfb {
namespace {

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

}  // namespace
}  // namespace hvfb
