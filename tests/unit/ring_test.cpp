// What is written into a ring, and read out of one.
#include "ring_fixture.h"

#include <gtest/gtest.h>

#include <random>
#include <tuple>

namespace hvfbd::hyperv {
namespace {

TEST(OutgoingRing, lays_a_packet_out_as_the_kernel_does) {
    RawRing raw(256);
    raw.mask() = 1;
    OutgoingRing ring(raw.memory());
    EXPECT_EQ(ring.send(payload(5, 0)), OutgoingRing::Sent::done);
    // type 6, offset 2, length 3 (16 + 5 rounded up to 24), flags 0; transaction 1; payload; zeros; trailer
    // 0.
    std::vector<int> expected{6, 0, 2,  0,  3,  0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
                              0, 7, 14, 21, 28, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    for (std::size_t i = 0; i < expected.size(); ++i)
        EXPECT_EQ(std::to_integer<int>(raw.at(i)), expected[i]) << i;
    EXPECT_EQ(raw.write_index(), 32u);
    EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::done);
    EXPECT_EQ(raw.write_index(), 64u);
    EXPECT_EQ(std::to_integer<int>(raw.at(32 + 24 + 4)), 32)
        << "the trailer holds the old write index in its upper half";
}

TEST(OutgoingRing, is_never_filled_and_takes_again_what_was_read) {
    RawRing raw(64);
    OutgoingRing ring(raw.memory());
    // 16 + 8 + 8 = 32 of 64 bytes.
    EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::done_and_signal);
    EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::full) << "equal indices would mean empty";
    raw.read_index() = 32;
    EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::done_and_signal);
    EXPECT_EQ(raw.write_index(), 0u);
}

TEST(OutgoingRing, signals_only_from_empty_to_not_empty_and_only_where_that_is_wanted) {
    RawRing raw(4096);
    OutgoingRing ring(raw.memory());
    EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::done_and_signal);
    EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::done);
    raw.read_index() = raw.write_index();
    raw.mask() = 1;
    EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::done);
}

TEST(OutgoingRing, believes_no_read_index_that_cannot_be_and_no_write_index_but_its_own) {
    RawRing raw(4096);
    OutgoingRing ring(raw.memory());
    raw.write_index() = 0x7fffffff;
    EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::done_and_signal);
    EXPECT_EQ(raw.write_index(), 32u);
    for (std::uint32_t wild : {4096u, 5u, 0xffffffffu, 0x80000000u}) {
        raw.read_index() = wild;
        EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::corrupt) << wild;
    }
}

TEST(OutgoingRing, believes_no_host_that_reads_what_it_has_read_before_or_what_was_not_written) {
    for (std::uint32_t wild : {32u, 96u - 8u, 192u + 8u, 248u}) {
        RawRing raw(256);
        OutgoingRing ring(raw.memory());
        for (int i = 0; i < 6; ++i) EXPECT_NE(ring.send(payload(8)), OutgoingRing::Sent::full);
        raw.read_index() = 96;
        EXPECT_TRUE(ring.sound());
        raw.read_index() = wild;
        EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::corrupt) << wild;
        raw.read_index() = 96;
        EXPECT_FALSE(ring.sound()) << "and nothing after that";
    }
}

TEST(OutgoingRing, believes_a_host_that_reads_all_there_is_around_the_end) {
    RawRing raw(176);
    OutgoingRing ring(raw.memory());
    std::uint32_t read = 0;
    for (int i = 0; i < 1000; ++i) {
        ASSERT_NE(ring.send(payload(8 + i % 9 * 8)), OutgoingRing::Sent::corrupt) << i;
        if (i % 3 == 0) read = raw.write_index();
        raw.read_index() = read;
        ASSERT_TRUE(ring.sound()) << i;
    }
}

TEST(IncomingRing, passes_on_what_was_written_around_the_end_at_every_position) {
    // 2 MiB less a page, as uio_hv_generic's rings are, is no power of two; the small one wraps at every
    // offset.
    for (std::size_t size : {std::size_t{176}, std::size_t{2 << 20} - page}) {
        RawRing raw(size);
        OutgoingRing out(raw.memory());
        IncomingRing in(raw.memory());
        std::mt19937 random(7);
        std::vector<std::byte> received;
        std::uint16_t type = 0;
        for (unsigned i = 0; i < 3000; ++i) {
            auto sent = payload(random() % (size > 4096 ? longest_packet - 16 : 120), i);
            ASSERT_EQ(out.send(sent), OutgoingRing::Sent::done_and_signal);
            ASSERT_EQ(in.receive(received, type), IncomingRing::Received::packet);
            ASSERT_EQ(type, packet_in_band);
            received.resize(sent.size());  // what follows pads it
            ASSERT_EQ(received, sent);
            ASSERT_EQ(in.receive(received, type), IncomingRing::Received::none);
        }
    }
}

class ADescriptor : public ::testing::TestWithParam<std::tuple<int, int, unsigned, const char*>> {};

TEST_P(ADescriptor, that_cannot_be_is_corrupt_and_stays_so) {
    auto [offset8, length8, available, why] = GetParam();
    RawRing raw(65536);
    IncomingRing ring(raw.memory());
    raw.put(0, {6, 0, offset8 & 0xff, offset8 >> 8, length8 & 0xff, length8 >> 8, 0, 0});
    raw.write_index() = available;
    std::vector<std::byte> received;
    std::uint16_t type = 0;
    EXPECT_EQ(ring.receive(received, type), IncomingRing::Received::corrupt) << why;
    raw.put(0, {6, 0, 2, 0, 3, 0, 0, 0});
    raw.write_index() = 32;
    EXPECT_EQ(ring.receive(received, type), IncomingRing::Received::corrupt)
        << "nothing after it can be believed";
}

INSTANTIATE_TEST_SUITE_P(Wild, ADescriptor,
                         ::testing::Values(std::tuple{1, 3, 32u, "begins in its own descriptor"},
                                           std::tuple{4, 3, 32u, "begins after its end"},
                                           std::tuple{2, 4, 32u, "is longer than what is there"},
                                           std::tuple{2, 3, 24u, "its trailer is not there"},
                                           std::tuple{2, 2, 8u, "there is not even a descriptor"},
                                           std::tuple{2, 2049, 65528u, "is longer than any packet"},
                                           std::tuple{0xffff, 0xffff, 65528u, "is all ones"},
                                           std::tuple{2, 3, 65536u, "ends outside of the ring"},
                                           std::tuple{2, 3, 33u, "ends at an odd byte"}));

TEST(IncomingRing, signals_a_writer_that_waits_for_room_once_there_is_enough_of_it) {
    RawRing raw(256);
    OutgoingRing out(raw.memory());
    IncomingRing in(raw.memory());
    for (int i = 0; i < 7; ++i) ASSERT_NE(out.send(payload(8)), OutgoingRing::Sent::full);
    raw.pending() = 100 | 3;  // the low bits are flags
    std::vector<std::byte> received;
    std::uint16_t type = 0;
    std::vector<bool> signals;
    for (int i = 0; i < 7; ++i) {
        in.receive(received, type);
        signals.push_back(in.take_signal_wanted());
    }
    // Room: 32 at first, then 64, 96 (which is what 100 is without its flags), 128...
    EXPECT_EQ(signals, (std::vector<bool>{false, true, true, false, false, false, false}));
    raw.field(64) = 0;
    for (int i = 0; i < 7; ++i) out.send(payload(8));
    for (int i = 0; i < 7; ++i) {
        in.receive(received, type);
        EXPECT_FALSE(in.take_signal_wanted()) << "the host has not said that it can wait";
    }
}

TEST(IncomingRing, gives_what_was_not_released_to_whoever_restores_it) {
    RawRing raw(256);
    OutgoingRing out(raw.memory());
    auto first = payload(8, 1), second = payload(8, 2);
    out.send(first);
    out.send(second);
    std::vector<std::byte> received;
    std::uint16_t type = 0;
    {
        IncomingRing killed(raw.memory());
        ASSERT_EQ(killed.peek(received, type), IncomingRing::Received::packet);
    }
    {
        IncomingRing next(raw.memory());
        ASSERT_EQ(next.peek(received, type), IncomingRing::Received::packet);
        EXPECT_EQ(received, first);
        next.release();
    }
    IncomingRing last(raw.memory());
    ASSERT_EQ(last.peek(received, type), IncomingRing::Received::packet);
    EXPECT_EQ(received, second);
    EXPECT_EQ(last.peek(received, type), IncomingRing::Received::none)
        << "the next one releases the one before";
    OutgoingRing goes_on(raw.memory());
    goes_on.send(first);
    ASSERT_EQ(last.peek(received, type), IncomingRing::Received::packet);
    EXPECT_EQ(received, first);
}

TEST(IncomingRing, says_when_it_is_unmasked_that_something_came_meanwhile) {
    RawRing raw(256);
    OutgoingRing out(raw.memory());
    IncomingRing in(raw.memory());
    in.mask();
    EXPECT_FALSE(in.unmask());
    in.mask();
    EXPECT_EQ(out.send(payload(8)), OutgoingRing::Sent::done) << "masked: no signal";
    EXPECT_TRUE(in.unmask());
}

}  // namespace
}  // namespace hvfbd::hyperv
