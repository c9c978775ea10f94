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

TEST(Messages, refuses_a_packet_shorter_than_a_header_whatever_lies_behind_it) {
    for (std::uint32_t size = 0; size < sizeof(hvfb_header); ++size) {
        const hvfb_header header = {77, size};
        EXPECT_FALSE(decode(std::as_bytes(std::span(&header, 1)).first(size))) << size;
    }
}

TEST(Messages, decodes_every_field_of_what_the_daemon_sends) {
    EXPECT_EQ(std::get<Hello>(*decode(bytes(HVFB_HELLO, hvfb_hello{{}, 3, 0}))).version, 3u);
    EXPECT_EQ(std::get<Collect>(*decode(bytes(HVFB_COLLECT, hvfb_collect{{}, 7}))).serial, 7u);
    for (const std::uint32_t flags : {0u, HVFB_PRESENTED_NOT_SHOWN, 2u}) {
        const auto presented =
            std::get<Presented>(*decode(bytes(HVFB_PRESENTED, hvfb_presented{{}, 3, 4, flags, 0})));
        EXPECT_EQ(presented.frame, 3u);
        EXPECT_EQ(presented.time, 4u);
        EXPECT_EQ(presented.shown, flags != HVFB_PRESENTED_NOT_SHOWN);
    }
    for (const std::uint32_t flags : {0u, HVFB_COMPARED_EVERYTHING, 2u}) {
        const auto compared =
            std::get<Compared>(*decode(bytes(HVFB_COMPARED, hvfb_compared{{}, 7, flags, 0})));
        EXPECT_EQ(compared.everything, flags == HVFB_COMPARED_EVERYTHING);
        EXPECT_EQ(compared.count, 0u);
    }
    for (const std::uint32_t flags : {0u, HVFB_STATE_VISIBLE, HVFB_STATE_ACTIVE, HVFB_STATE_REPORT}) {
        const auto state = std::get<State>(*decode(bytes(HVFB_STATE, hvfb_state{{}, flags, 0, 0, 0, 0})));
        EXPECT_EQ(state.visible, flags == HVFB_STATE_VISIBLE);
        EXPECT_EQ(state.active, flags == HVFB_STATE_ACTIVE);
        EXPECT_EQ(state.report, flags == HVFB_STATE_REPORT);
    }
    const auto ready = std::get<FrameReady>(
        *decode(bytes(HVFB_FRAME_READY, hvfb_frame_ready{{}, 11, 12, 2, 0}, 2 * sizeof(hvfb_rectangle))));
    EXPECT_EQ(ready.frame, 11u);
    EXPECT_EQ(ready.time, 12u);
    EXPECT_EQ(ready.count, 2u);
    EXPECT_EQ(ready.rectangles[1].height, 0x01010101u);
    const auto configure = std::get<Configure>(
        *decode(bytes(HVFB_CONFIGURE, hvfb_configure{{}, 9, {640, 480, 2560, 0, 1228800}})));
    EXPECT_EQ(configure.serial, 9u);
    EXPECT_EQ(configure.layout.width, 640u);
    EXPECT_EQ(configure.layout.height, 480u);
    EXPECT_EQ(configure.layout.stride, 2560u);
    EXPECT_EQ(configure.layout.size, 1228800u);
    EXPECT_TRUE(std::holds_alternative<Revoked>(*decode(bytes(HVFB_REVOKED, hvfb_revoked{}))));
    EXPECT_TRUE(std::holds_alternative<Alarm>(*decode(bytes(HVFB_ALARM, hvfb_alarm{}))));
    EXPECT_TRUE(std::holds_alternative<Userfaultfd>(*decode(bytes(HVFB_USERFAULTFD, hvfb_userfaultfd{}))));
}

TEST(Messages, shortens_times_whose_sums_would_overflow) {
    const std::uint64_t longest = std::uint64_t{1} << 60;
    for (const std::uint64_t time : {longest - 1, longest, longest + 1, ~std::uint64_t{0}}) {
        const auto state =
            std::get<State>(*decode(bytes(HVFB_STATE, hvfb_state{{}, 0, 0, time, time, time})));
        EXPECT_EQ(state.interval, std::min(time, longest));
        EXPECT_EQ(state.settle, std::min(time, longest));
        EXPECT_EQ(state.idle_timeout, time) << "it is compared alone";
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
    EXPECT_FALSE(decode(bytes(77, hvfb_revoked{}, HVFB_MESSAGE_MAX - sizeof(hvfb_revoked) + 1)));
    EXPECT_TRUE(decode(bytes(77, hvfb_revoked{}, HVFB_MESSAGE_MAX - sizeof(hvfb_revoked))));
}

TEST(Messages, ignores_a_type_that_it_does_not_know) {
    const auto message = decode(bytes(77, hvfb_revoked{}, 5));
    ASSERT_TRUE(message);
    EXPECT_TRUE(std::holds_alternative<Unknown>(*message));
}

TEST(Messages, takes_a_way_of_tracking_that_it_does_not_know_for_its_own_choice) {
    for (std::uint32_t tracking = 0; tracking <= HVFB_TRACKING_COMPARE + 1; ++tracking)
        EXPECT_EQ(std::get<State>(*decode(bytes(HVFB_STATE, hvfb_state{{}, 0, tracking, 0, 0, 0}))).tracking,
                  tracking <= HVFB_TRACKING_COMPARE ? static_cast<Tracking>(tracking) : Tracking::automatic);
    EXPECT_EQ(std::get<State>(*decode(bytes(HVFB_STATE, hvfb_state{{}, 0, 99, 0, 0, 0}))).tracking,
              Tracking::automatic);
}

TEST(Messages, says_of_each_thing_that_the_kernel_can_do_what_the_client_can_do_then) {
    for (const auto& [capabilities, flags] :
         {std::pair{Capabilities{false, false}, 0u},
          {Capabilities{false, true}, HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT},
          {Capabilities{true, false}, HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_CAN_ALARM},
          {Capabilities{true, true},
           HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_CAN_ALARM}}) {
        Packet packet;
        encode_hello(packet, capabilities);
        EXPECT_EQ(body_of<hvfb_hello>(packet).flags, flags);
        encode_hello(packet, capabilities, true);
        EXPECT_EQ(body_of<hvfb_hello>(packet).flags, flags | HVFB_HELLO_WANTS_USERFAULTFD);
        encode_capabilities(packet, capabilities);
        EXPECT_EQ(body_of<hvfb_capabilities>(packet).flags, flags);
    }
}

// The element that follows a body.
template <typename Element, typename Body>
Element element_of(const Packet& packet, std::size_t index) {
    Element element;
    EXPECT_LE(sizeof(Body) + (index + 1) * sizeof element, packet.size);
    std::memcpy(&element, packet.bytes.data() + sizeof(Body) + index * sizeof element, sizeof element);
    return element;
}

TEST(Messages, gives_each_message_its_type_and_its_whole_contents) {
    Packet packet;
    const auto is = [&](std::uint32_t type, std::size_t size) {
        // It has nothing but a header.
        EXPECT_EQ(body_of<hvfb_begin>(packet).header.type, type);
        EXPECT_EQ(packet.contents().size(), size);
        packet.size = 0;
        packet.bytes.fill(std::byte{0x55});
    };
    encode_begin(packet);
    is(HVFB_BEGIN, 8);
    encode_end(packet);
    is(HVFB_END, 8);
    encode_next(packet);
    is(HVFB_NEXT, 8);
    encode_frame(packet, 5);
    is(HVFB_FRAME, 16);
    encode_configured(packet, 6);
    is(HVFB_CONFIGURED, 16);
    encode_hello(packet, {});
    is(HVFB_HELLO, 16);
    encode_capabilities(packet, {});
    is(HVFB_CAPABILITIES, 16);

    encode_damaged_somewhere(packet);
    EXPECT_EQ(body_of<hvfb_damaged>(packet).kind, HVFB_DAMAGED_SOMEWHERE);
    EXPECT_EQ(body_of<hvfb_damaged>(packet).count, 0u);
    is(HVFB_DAMAGED, 16);
    encode_damaged(packet, Pages{3, 4});
    EXPECT_EQ(body_of<hvfb_damaged>(packet).count, 1u);
    EXPECT_EQ((element_of<Pages, hvfb_damaged>(packet, 0)), (Pages{3, 4}));
    is(HVFB_DAMAGED, 24);
    const std::vector<Rectangle> rectangles = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    encode_damaged(packet, rectangles);
    EXPECT_EQ(body_of<hvfb_damaged>(packet).kind, HVFB_DAMAGED_RECTANGLES);
    EXPECT_EQ(body_of<hvfb_damaged>(packet).count, 2u);
    EXPECT_EQ((element_of<Rectangle, hvfb_damaged>(packet, 1).height), 8u);
    is(HVFB_DAMAGED, 48);

    Report report;
    for (const Pages& run : {Pages{1, 2}, Pages{9, 3}}) report.pages.add(run);
    encode_written(packet, 42, report);
    EXPECT_EQ(body_of<hvfb_written>(packet).count, 2u);
    EXPECT_EQ((element_of<Pages, hvfb_written>(packet, 1)), (Pages{9, 3}));
    is(HVFB_WRITTEN, 40);
}

TEST(Messages, says_of_a_report_each_thing_by_a_flag_of_its_own) {
    const auto flags = [](const auto& change) {
        Report report;
        change(report);
        Packet packet;
        encode_written(packet, 1, report);
        return body_of<hvfb_written>(packet).flags;
    };
    EXPECT_EQ(flags([](Report&) {}), 0u);
    EXPECT_EQ(flags([](Report& report) { report.everything = true; }), HVFB_WRITTEN_EVERYTHING);
    EXPECT_EQ(flags([](Report& report) { report.unprotected = true; }), HVFB_WRITTEN_UNPROTECTED);
    EXPECT_EQ(flags([](Report& report) { report.only_open = true; }), HVFB_WRITTEN_ONLY_OPEN);
    EXPECT_EQ(flags([](Report& report) { report.state = TrackerState::polled; }),
              HVFB_TRACKER_POLLED << HVFB_WRITTEN_STATE_SHIFT);
    for (const unsigned faults : {255u, 256u})
        EXPECT_EQ(flags([&](Report& report) { report.faults = faults; }), 255u << HVFB_WRITTEN_FAULTS_SHIFT)
            << "no more than it can say";
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
