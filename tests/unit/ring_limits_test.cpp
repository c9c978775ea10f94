// The limits of a ring: what memory can be one, how much it takes, and what is not believed of its host.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <stdexcept>

#include "ring_fixture.h"

namespace hvfbd::hyperv {
namespace {

TEST(RingMemory,
     is_made_only_of_a_page_of_128_bytes_or_more_and_of_64_bytes_or_more_in_eights_up_to_a_gibibyte) {
    constexpr std::size_t longest = std::size_t{1} << 30;
    // Nothing of it is read or written.
    void* reserved =
        ::mmap(nullptr, longest + 8, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(reserved, MAP_FAILED);
    const struct {
        std::size_t page, data;
        bool can_be;
    } cases[] = {
        {4096, 64, true},
        {4096, 56, false},
        {4096, 0, false},
        {4096, 72, true},
        {4096, 68, false},
        {4096, 71, false},
        {128, 64, true},
        {120, 64, false},
        {127, 64, false},
        {132, 64, true},
        {132, 68, false},
        {4096, longest - 4096, true},
        {4096, longest - 4088, false},
    };
    for (const auto& [page_size, data, can_be] : cases) {
        std::span<std::byte> bytes(static_cast<std::byte*>(reserved), page_size + data);
        if (can_be)
            EXPECT_EQ(RingMemory(bytes, page_size).size(), data);
        else
            EXPECT_THROW(RingMemory(bytes, page_size), std::invalid_argument) << page_size << ", " << data;
    }
    ::munmap(reserved, longest + 8);
}

TEST(RingMemory, that_cannot_be_one_is_refused_by_its_size) {
    std::vector<std::byte> bytes(page + 32);
    try {
        RingMemory memory(bytes, page);
        FAIL();
    } catch (const std::invalid_argument& error) {
        EXPECT_STREQ(error.what(), "a ring of 4128 bytes");
    }
}

TEST(OutgoingRing, says_how_many_bytes_a_payload_takes) {
    for (std::size_t size : {0U, 1U, 7U, 8U, 9U, 16U, 100U}) {
        RawRing raw(256);
        OutgoingRing ring(raw.memory());
        EXPECT_EQ(ring.size(), 256u);
        EXPECT_EQ(ring.write_index(), 0u);
        ASSERT_NE(ring.send(payload(size)), OutgoingRing::Sent::full);
        EXPECT_EQ(ring.write_index(), OutgoingRing::packet_size(size)) << size;
        EXPECT_EQ(raw.write_index(), ring.write_index()) << size;
        EXPECT_EQ(ring.read_index(), 0u);
        raw.read_index() = raw.write_index();
        ASSERT_TRUE(ring.sound());
        EXPECT_EQ(ring.read_index(), ring.write_index());
    }
}

TEST(OutgoingRing, has_room_for_as_much_as_it_takes_without_being_full) {
    RawRing raw(64);
    OutgoingRing ring(raw.memory());
    EXPECT_TRUE(ring.has_room(63));
    EXPECT_FALSE(ring.has_room(64)) << "equal indices would mean empty";
    ASSERT_NE(ring.send(payload(8)), OutgoingRing::Sent::full);
    EXPECT_TRUE(ring.has_room(31));
    EXPECT_FALSE(ring.has_room(32));
    raw.read_index() = 5;
    EXPECT_TRUE(ring.has_room(32)) << "send() is to say that the ring is corrupt";
    EXPECT_EQ(ring.send(payload(8)), OutgoingRing::Sent::corrupt);
}

TEST(OutgoingRing, of_the_process_before_is_corrupt_for_good_where_an_index_cannot_be) {
    const struct {
        std::uint32_t write, read;
        bool sound;
    } cases[] = {
        {32, 0, true}, {248, 248, true}, {256, 0, false}, {33, 0, false}, {0, 256, false}, {64, 60, false},
    };
    for (const auto& [write, read, sound] : cases) {
        RawRing raw(256);
        raw.write_index() = write;
        raw.read_index() = read;
        OutgoingRing ring(raw.memory());
        raw.write_index() = raw.read_index() = sound ? read : 0;
        EXPECT_EQ(ring.sound(), sound) << write << ", " << read;
        EXPECT_EQ(ring.send(payload(8)) != OutgoingRing::Sent::corrupt, sound) << write << ", " << read;
    }
}

TEST(IncomingRing, of_the_process_before_is_corrupt_for_good_where_its_read_index_cannot_be) {
    for (std::uint32_t read : {256U, 4U, 0xffffffffU}) {
        RawRing raw(256);
        raw.read_index() = read;
        IncomingRing ring(raw.memory());
        raw.read_index() = 0;
        std::vector<std::byte> received;
        std::uint16_t type = 0;
        EXPECT_EQ(ring.receive(received, type), IncomingRing::Received::corrupt) << read;
    }
}

TEST(IncomingRing, masks_and_unmasks_the_interrupt_as_the_kernel_does) {
    RawRing raw(256);
    IncomingRing ring(raw.memory());
    ring.mask();
    EXPECT_EQ(raw.mask(), 1u);
    ring.unmask();
    EXPECT_EQ(raw.mask(), 0u);
}

// ---- the signal for a host that waits for room

class ASignalForRoom : public ::testing::Test {
  protected:
    ASignalForRoom() {
        out.send(payload(8));
        EXPECT_EQ(in.peek(received, type), IncomingRing::Received::packet);
    }
    RawRing raw{256};
    OutgoingRing out{raw.memory()};
    IncomingRing in{raw.memory()};
    std::vector<std::byte> received;
    std::uint16_t type = 0;
};

TEST_F(ASignalForRoom, is_given_where_there_is_as_much_room_as_the_host_waits_for) {
    raw.pending() = 256;
    in.release();
    EXPECT_TRUE(in.take_signal_wanted());
    EXPECT_FALSE(in.take_signal_wanted()) << "once";
}

TEST_F(ASignalForRoom, is_not_given_where_nothing_was_released) {
    raw.pending() = 256;
    in.release();
    ASSERT_TRUE(in.take_signal_wanted());
    in.release();
    EXPECT_EQ(in.peek(received, type), IncomingRing::Received::none);
    EXPECT_FALSE(in.take_signal_wanted());
}

TEST_F(ASignalForRoom, is_not_given_to_a_host_that_waits_for_none) {
    raw.pending() = 7;       // flags
    raw.write_index() = 24;  // full since
    in.release();
    EXPECT_FALSE(in.take_signal_wanted());
}

TEST_F(ASignalForRoom, is_not_given_to_a_host_whose_write_index_cannot_be) {
    raw.pending() = 248;
    raw.write_index() = 33;
    in.release();
    EXPECT_FALSE(in.take_signal_wanted());
    EXPECT_EQ(in.peek(received, type), IncomingRing::Received::corrupt);
}

}  // namespace
}  // namespace hvfbd::hyperv
