// A ring whose two sides run at once.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>
#include <stdexcept>
#include <thread>

#include "ring_fixture.h"

namespace hvfbd::hyperv {
namespace {

// Two sides at once, each waiting for the other's signal alone: a signal that is not given is a hang, a
// packet that is torn or lost is a difference. `wake` and `sleep` are one pipe a direction.
struct Ends {
    int data_ready[2], room_ready[2];
    Ends() {
        if (::pipe(data_ready) != 0 || ::pipe(room_ready) != 0) throw std::runtime_error("pipe");
    }
    ~Ends() {
        for (int fd : {data_ready[0], data_ready[1], room_ready[0], room_ready[1]}) ::close(fd);
    }
    static void give(int fd) {
        char byte = 0;
        if (::write(fd, &byte, 1) != 1) std::abort();
    }
    static void take(int fd) {
        char bytes[64];
        if (::read(fd, bytes, sizeof bytes) <= 0) std::abort();
    }
};

std::vector<std::byte> packet(std::mt19937& random, unsigned number) {
    auto bytes = payload(8 + random() % (random() % 8 == 0 ? 12000 : 300), number);
    std::memcpy(bytes.data(), &number, sizeof number);
    return bytes;
}

void write_packets(RingMemory memory, std::span<std::byte> raw, Ends& ends, unsigned count) {
    OutgoingRing out(memory);
    std::mt19937 random(42);
    std::atomic_ref pending(*reinterpret_cast<std::uint32_t*>(raw.data() + 12));
    for (unsigned i = 0; i < count; ++i) {
        auto bytes = packet(random, i);
        for (;;) {
            auto sent = out.send(bytes);
            if (sent == OutgoingRing::Sent::done_and_signal) Ends::give(ends.data_ready[1]);
            if (sent == OutgoingRing::Sent::corrupt) std::abort();
            if (sent != OutgoingRing::Sent::full) break;
            // As hosts do: say how much is waited for, look once more, sleep.
            auto total = static_cast<std::uint32_t>((bytes.size() + 16 + 7) / 8 * 8 + 8);
            pending.store(total + 8);
            sent = out.send(bytes);
            if (sent == OutgoingRing::Sent::done_and_signal) Ends::give(ends.data_ready[1]);
            if (sent != OutgoingRing::Sent::full) break;
            Ends::take(ends.room_ready[0]);
        }
        pending.store(0);
    }
}

unsigned read_packets(RingMemory memory, Ends& ends, unsigned count) {
    IncomingRing in(memory);
    std::mt19937 random(42);
    std::vector<std::byte> received;
    std::uint16_t type = 0;
    unsigned wrong = 0;
    for (unsigned i = 0; i < count;) {
        in.mask();
        while (in.receive(received, type) == IncomingRing::Received::packet) {
            if (in.take_signal_wanted()) Ends::give(ends.room_ready[1]);
            auto expected = packet(random, i++);
            received.resize(expected.size());
            wrong += received != expected;
        }
        if (in.unmask() || i >= count) continue;
        Ends::take(ends.data_ready[0]);
    }
    return wrong;
}

// A signal for room may be asked for after it was due: the writer looks once more after it has asked, and the
// reader's next packet signals again, so neither sleeps for ever.
TEST(TwoSides, in_two_threads_lose_no_packet_and_no_signal) {
    constexpr unsigned count = 20000;
    RawRing raw(65536 - page);
    Ends ends;
    unsigned wrong = 1;
    std::thread reader([&] { wrong = read_packets(raw.memory(), ends, count); });
    write_packets(raw.memory(), raw.bytes, ends, count);
    reader.join();
    EXPECT_EQ(wrong, 0u);
}

TEST(TwoSides, in_two_processes_lose_no_packet_and_no_signal) {
    constexpr unsigned count = 50000;
    constexpr std::size_t size = 3 * page + 104;
    void* shared = ::mmap(nullptr, 2 * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(shared, MAP_FAILED);
    std::span<std::byte> bytes(static_cast<std::byte*>(shared), 5 * page + 104);
    bytes[64] = std::byte{1};
    Ends ends;
    pid_t writer = ::fork();
    if (writer == 0) {
        ::alarm(50);
        write_packets(RingMemory(bytes, page), bytes, ends, count);
        ::_exit(0);
    }
    EXPECT_EQ(read_packets(RingMemory(bytes, page), ends, count), 0u);
    int status = 0;
    ::waitpid(writer, &status, 0);
    EXPECT_EQ(status, 0);
    ::munmap(shared, 2 * size);
}

}  // namespace
}  // namespace hvfbd::hyperv
