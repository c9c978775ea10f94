#include "clients/messages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace hvfbd::message {
namespace {

std::vector<std::byte> packet(std::uint32_t type, std::vector<std::uint32_t> words) {
    std::vector<std::byte> bytes(sizeof(hvfb_header) + words.size() * 4);
    hvfb_header header{type, static_cast<std::uint32_t>(bytes.size())};
    std::memcpy(bytes.data(), &header, sizeof header);
    if (!words.empty()) std::memcpy(bytes.data() + sizeof header, words.data(), words.size() * 4);
    return bytes;
}

template <typename T>
T as(const FromClient& message) {
    EXPECT_TRUE(std::holds_alternative<T>(message));
    return std::holds_alternative<T>(message) ? std::get<T>(message) : T{};
}

TEST(Messages, a_hello_is_read_as_it_was_sent) {
    auto hello = as<Hello>(decode(packet(HVFB_HELLO, {1, HVFB_HELLO_CAN_SCAN})));
    EXPECT_EQ(hello.version, 1u);
    EXPECT_EQ(hello.flags, HVFB_HELLO_CAN_SCAN);
}

TEST(Messages, every_truncation_and_every_extension_of_every_message_is_malformed) {
    std::vector<std::vector<std::byte>> messages = {
        packet(HVFB_HELLO, {1, 0}),
        packet(HVFB_DAMAGED, {HVFB_DAMAGED_SOMEWHERE, 0}),
        packet(HVFB_DAMAGED, {HVFB_DAMAGED_RECTANGLES, 2, 1, 2, 3, 4, 5, 6, 7, 8}),
        packet(HVFB_DAMAGED, {HVFB_DAMAGED_PAGES, 2, 1, 2, 3, 4}),
        packet(HVFB_WRITTEN, {7, 0, 0, 1, 3, 4}),
        packet(HVFB_BEGIN, {}),
        packet(HVFB_END, {}),
        packet(HVFB_FRAME, {1, 0}),
        packet(HVFB_CONFIGURED, {1, 0}),
        packet(HVFB_NEXT, {}),
        packet(HVFB_CAPABILITIES, {HVFB_HELLO_CAN_SCAN, 0}),
    };
    for (const auto& whole : messages) {
        EXPECT_FALSE(std::holds_alternative<Malformed>(decode(whole)));
        for (std::size_t size = 0; size < whole.size(); ++size) {
            EXPECT_TRUE(std::holds_alternative<Malformed>(decode({whole.data(), size})));
            auto lying = std::vector(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
            if (size >= 8) {
                auto claimed = static_cast<std::uint32_t>(size);
                std::memcpy(lying.data() + 4, &claimed, 4);
                EXPECT_TRUE(std::holds_alternative<Malformed>(decode(lying)));
            }
        }
        auto longer = whole;
        longer.resize(whole.size() + 4);
        auto claimed = static_cast<std::uint32_t>(longer.size());
        std::memcpy(longer.data() + 4, &claimed, 4);
        EXPECT_TRUE(std::holds_alternative<Malformed>(decode(longer)));
    }
}

TEST(Messages, counts_above_the_limit_are_malformed_even_if_the_packet_holds_them) {
    std::vector<std::uint32_t> words = {HVFB_DAMAGED_RECTANGLES, HVFB_DAMAGED_MAX + 1};
    words.resize(2 + (HVFB_DAMAGED_MAX + 1) * 4);
    EXPECT_TRUE(std::holds_alternative<Malformed>(decode(packet(HVFB_DAMAGED, words))));
    words = {1, 0, 0, HVFB_WRITTEN_MAX + 1};
    words.resize(4 + (HVFB_WRITTEN_MAX + 1) * 2);
    EXPECT_TRUE(std::holds_alternative<Malformed>(decode(packet(HVFB_WRITTEN, words))));
}

TEST(Messages, rectangles_that_would_wrap_saturate_instead) {
    auto damaged = as<Damaged>(
        decode(packet(HVFB_DAMAGED, {HVFB_DAMAGED_RECTANGLES, 1, 10, 0xffffffff, 0xffffffff, 2})));
    ASSERT_EQ(damaged.rectangle_count, 1u);
    EXPECT_EQ(damaged.rectangles[0], (Rectangle{10, static_cast<int>(max_extent),
                                                static_cast<int>(max_extent), static_cast<int>(max_extent)}));
}

TEST(Messages, a_written_keeps_its_serial_flags_state_and_pages) {
    std::uint32_t flags = HVFB_WRITTEN_UNPROTECTED | HVFB_TRACKER_SCANNING << HVFB_WRITTEN_STATE_SHIFT;
    auto written = as<Written>(decode(packet(HVFB_WRITTEN, {5, 1, flags, 2, 10, 3, 0xffffffff, 0xffffffff})));
    EXPECT_EQ(written.serial, 0x100000005u);
    EXPECT_FALSE(written.everything);
    EXPECT_TRUE(written.unprotected);
    EXPECT_EQ(written.tracker_state, static_cast<std::uint32_t>(HVFB_TRACKER_SCANNING));
    ASSERT_EQ(written.page_count, 2u);
    EXPECT_EQ(written.pages[0], (PageRange{10, 3}));
    EXPECT_EQ(written.pages[1], (PageRange{0xffffffff, 0xffffffff}));
}

TEST(Messages, types_that_are_not_known_or_not_for_the_daemon_are_unknown) {
    EXPECT_EQ(as<Unknown>(decode(packet(4711, {1, 2, 3}))).type, 4711u);
    EXPECT_EQ(as<Unknown>(decode(packet(HVFB_STATE, {}))).type, static_cast<std::uint32_t>(HVFB_STATE));
}

template <typename Body>
Body body_of(const Packet& packet) {
    Body body;
    EXPECT_GE(packet.size, sizeof body);
    std::memcpy(&body, packet.bytes.data(), sizeof body);
    EXPECT_EQ(body.header.size, packet.size);
    return body;
}

TEST(Messages, more_rectangles_than_a_frame_ready_holds_become_their_bounding_box) {
    std::vector<Rectangle> rectangles;
    for (int i = 0; i < 256; ++i) rectangles.push_back({i * 2, i, i * 2 + 1, i + 1});
    Packet packet = encode_frame_ready(3, 4, rectangles);
    EXPECT_EQ(body_of<hvfb_frame_ready>(packet).count, 1u);
    hvfb_rectangle box;
    std::memcpy(&box, packet.bytes.data() + sizeof(hvfb_frame_ready), sizeof box);
    EXPECT_EQ(box.x, 0u);
    EXPECT_EQ(box.y, 0u);
    EXPECT_EQ(box.width, 511u);
    EXPECT_EQ(box.height, 256u);

    rectangles.pop_back();
    packet = encode_frame_ready(3, 4, rectangles);
    EXPECT_EQ(body_of<hvfb_frame_ready>(packet).count, 255u);
}

TEST(Messages, more_pages_than_a_compared_holds_become_everything) {
    std::vector<PageRange> pages(HVFB_WRITTEN_MAX + 1);
    Packet packet = encode_compared(9, pages);
    EXPECT_EQ(body_of<hvfb_compared>(packet).flags, HVFB_COMPARED_EVERYTHING);
    EXPECT_EQ(body_of<hvfb_compared>(packet).count, 0u);
    pages.pop_back();
    packet = encode_compared(9, pages);
    EXPECT_EQ(body_of<hvfb_compared>(packet).flags, 0u);
    EXPECT_EQ(body_of<hvfb_compared>(packet).count, HVFB_WRITTEN_MAX);
}

TEST(Messages, a_state_says_what_is_wanted) {
    auto state = body_of<hvfb_state>(
        encode_state({true, false, HVFB_TRACKING_SCAN, false, 50'000'000, 250'000'000, 1}));
    EXPECT_EQ(state.flags, HVFB_STATE_VISIBLE);
    EXPECT_EQ(state.tracking, static_cast<std::uint32_t>(HVFB_TRACKING_SCAN));
    EXPECT_EQ(state.interval, 50'000'000u);
    EXPECT_EQ(state.idle_timeout, 250'000'000u);
}

}  // namespace
}  // namespace hvfbd::message
