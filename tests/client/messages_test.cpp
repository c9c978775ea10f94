#include "messages.h"

#include <gtest/gtest.h>
#include <hvfb/protocol.h>

#include <cstring>
#include <vector>

namespace hvfb::message {
namespace {

using Bytes = std::vector<std::byte>;

template <typename Body>
Bytes bytes(std::uint32_t type, Body body, std::size_t more = 0) {
    Bytes packet(sizeof body + more, std::byte{1});
    body.header = {type, static_cast<std::uint32_t>(packet.size())};
    std::memcpy(packet.data(), &body, sizeof body);
    return packet;
}

template <typename Body>
Body body_of(const Packet& packet) {
    Body body = {};
    EXPECT_GE(packet.size, sizeof body);
    std::memcpy(&body, packet.bytes.data(), sizeof body);
    EXPECT_EQ(body.header.size, packet.size);
    return body;
}

const std::vector<Bytes>& valid_messages() {
    static const std::vector<Bytes> messages = {
        bytes(HVFB_HELLO, hvfb_hello{{}, 1, 0}),
        bytes(HVFB_COLLECT, hvfb_collect{{}, 7}),
        bytes(HVFB_COMPARED, hvfb_compared{{}, 7, 0, 2}, 2 * sizeof(hvfb_page_range)),
        bytes(HVFB_PRESENTED, hvfb_presented{{}, 3, 4, 0, 0}),
        bytes(HVFB_STATE, hvfb_state{{}, 7, 1, 5, 6, 8}),
        bytes(HVFB_CONFIGURE, hvfb_configure{{}, 9, {2, 2, 8, 0, 4096}}),
        bytes(HVFB_FRAME_READY, hvfb_frame_ready{{}, 1, 2, 1, 0}, sizeof(hvfb_rectangle)),
        bytes(HVFB_REVOKED, hvfb_revoked{}),
        bytes(HVFB_USERFAULTFD, hvfb_userfaultfd{}),
    };
    return messages;
}

TEST(Messages, decodes_what_the_daemon_sends) {
    for (const Bytes& packet : valid_messages()) {
        const auto message = decode(packet);
        ASSERT_TRUE(message);
        EXPECT_FALSE(std::holds_alternative<Unknown>(*message));
    }
    const auto state = std::get<State>(*decode(valid_messages()[4]));
    EXPECT_TRUE(state.visible && state.active);
    EXPECT_EQ(state.tracking, Tracking::automatic);
    EXPECT_EQ(state.interval, 5u);
    EXPECT_EQ(state.idle_timeout, 6u);
    EXPECT_EQ(state.settle, 8u);
    EXPECT_TRUE(state.report);
    const auto compared = std::get<Compared>(*decode(valid_messages()[2]));
    EXPECT_EQ(compared.count, 2u);
    EXPECT_EQ(compared.pages[1], (Pages{0x01010101, 0x01010101}));
}

TEST(Messages, refuses_every_message_that_is_cut_off_or_has_something_after_it) {
    for (const Bytes& packet : valid_messages()) {
        for (std::size_t size = 0; size < packet.size(); ++size)
            EXPECT_FALSE(decode(std::span(packet).first(size)));
        Bytes longer = packet;
        longer.push_back({});
        EXPECT_FALSE(decode(longer));
        // The same with the size in the header put right.
        for (const std::size_t size : {packet.size() - 1, packet.size() + 1}) {
            Bytes other = packet;
            other.resize(size);
            const auto claimed = static_cast<std::uint32_t>(size);
            if (size < 8) continue;
            std::memcpy(other.data() + 4, &claimed, sizeof claimed);
            EXPECT_FALSE(decode(other)) << packet.size() << " " << size;
        }
    }
}

TEST(Messages, refuses_counts_that_are_too_great_or_do_not_match) {
    EXPECT_FALSE(decode(bytes(HVFB_COMPARED, hvfb_compared{{}, 7, 0, 65}, 65 * sizeof(hvfb_page_range))));
    EXPECT_FALSE(decode(bytes(HVFB_COMPARED, hvfb_compared{{}, 7, 0, 3}, 2 * sizeof(hvfb_page_range))));
    EXPECT_FALSE(decode(bytes(HVFB_COMPARED, hvfb_compared{{}, 7, 0, 0xffffffff}, 64)));
    EXPECT_FALSE(
        decode(bytes(HVFB_FRAME_READY, hvfb_frame_ready{{}, 1, 2, 256, 0}, 256 * sizeof(hvfb_rectangle))));
    EXPECT_TRUE(decode(bytes(HVFB_COMPARED, hvfb_compared{{}, 7, 0, 64}, 64 * sizeof(hvfb_page_range))));
    EXPECT_TRUE(
        decode(bytes(HVFB_FRAME_READY, hvfb_frame_ready{{}, 1, 2, 255, 0}, 255 * sizeof(hvfb_rectangle))));
}

TEST(Messages, refuses_a_packet_longer_than_any_message) {
    EXPECT_FALSE(decode(bytes(77, hvfb_revoked{}, HVFB_MESSAGE_MAX)));
}

TEST(Messages, ignores_a_type_that_it_does_not_know) {
    const auto message = decode(bytes(77, hvfb_revoked{}, 5));
    ASSERT_TRUE(message);
    EXPECT_TRUE(std::holds_alternative<Unknown>(*message));
}

TEST(Messages, takes_a_way_of_tracking_that_it_does_not_know_for_its_own_choice) {
    EXPECT_EQ(std::get<State>(*decode(bytes(HVFB_STATE, hvfb_state{{}, 0, 99, 0, 0, 0}))).tracking,
              Tracking::automatic);
}

TEST(Messages, encodes_what_the_client_says) {
    Packet packet;
    encode_hello(packet, {.announce = true, .scan = true});
    EXPECT_EQ(body_of<hvfb_hello>(packet).flags,
              HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_CAN_ALARM);
    EXPECT_EQ(body_of<hvfb_hello>(packet).version, HVFB_PROTOCOL_VERSION);

    encode_hello(packet, {.announce = false, .scan = true}, true);
    EXPECT_EQ(body_of<hvfb_hello>(packet).flags,
              HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_WANTS_USERFAULTFD);
    encode_capabilities(packet, {.announce = true, .scan = false});
    EXPECT_EQ(body_of<hvfb_capabilities>(packet).flags,
              HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_CAN_ALARM);

    encode_damaged_somewhere(packet);
    EXPECT_EQ(packet.size, sizeof(hvfb_damaged));
    encode_damaged(packet, Pages{3, 4});
    EXPECT_EQ(body_of<hvfb_damaged>(packet).kind, HVFB_DAMAGED_PAGES);
    EXPECT_EQ(packet.size, sizeof(hvfb_damaged) + 8);
    encode_damaged(packet, std::vector<Rectangle>(40));
    EXPECT_EQ(body_of<hvfb_damaged>(packet).count, HVFB_DAMAGED_MAX);

    Report report;
    report.unprotected = true;
    report.state = TrackerState::scanning;
    report.pages.add({1, 2});
    encode_written(packet, 42, report);
    EXPECT_EQ(body_of<hvfb_written>(packet).serial, 42u);
    EXPECT_EQ(body_of<hvfb_written>(packet).flags,
              HVFB_WRITTEN_UNPROTECTED | HVFB_TRACKER_SCANNING << HVFB_WRITTEN_STATE_SHIFT);
    EXPECT_EQ(packet.size, sizeof(hvfb_written) + 8);
    report.everything = true;
    encode_written(packet, 42, report);
    EXPECT_EQ(body_of<hvfb_written>(packet).count, 0u);

    encode_frame(packet, 5);
    EXPECT_EQ(body_of<hvfb_frame>(packet).frame, 5u);
    encode_configured(packet, 6);
    EXPECT_EQ(body_of<hvfb_configured>(packet).serial, 6u);
}

}  // namespace
}  // namespace hvfb::message
