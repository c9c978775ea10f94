#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "clients/messages.h"

// What the daemon sends, byte by byte as <hvfb/protocol.h> has it.
namespace hvfbd::message {
namespace {

// The packet's bytes as words, which all of these messages are made of.
std::vector<std::uint32_t> words_of(const Packet& packet) {
    std::vector<std::uint32_t> words(packet.size / 4);
    std::memcpy(words.data(), packet.bytes.data(), words.size() * 4);
    return words;
}

TEST(SentMessages, are_what_the_protocol_says_to_the_byte) {
    using Words = std::vector<std::uint32_t>;
    constexpr std::uint64_t large = 0x2'0000'0001;
    struct Case {
        Packet packet;
        Words words;
    };
    const std::vector<Case> cases = {
        {encode_hello(), {HVFB_HELLO, 16, HVFB_PROTOCOL_VERSION, 0}},
        {encode_alarm(), {HVFB_ALARM, 8}},
        {encode_userfaultfd(), {HVFB_USERFAULTFD, 8}},
        {encode_collect(large), {HVFB_COLLECT, 16, 1, 2}},
        {encode_state({}), {HVFB_STATE, 40, 0, HVFB_TRACKING_OFF, 0, 0, 0, 0, 0, 0}},
        {encode_state({true, false, HVFB_TRACKING_SCAN, false, large, 2, 3}),
         {HVFB_STATE, 40, HVFB_STATE_VISIBLE, HVFB_TRACKING_SCAN, 1, 2, 2, 0, 3, 0}},
        {encode_state({false, true, HVFB_TRACKING_AUTO, false, 1, large, 3}),
         {HVFB_STATE, 40, HVFB_STATE_ACTIVE, HVFB_TRACKING_AUTO, 1, 0, 1, 2, 3, 0}},
        {encode_state({false, false, HVFB_TRACKING_FAULT, true, 1, 2, large}),
         {HVFB_STATE, 40, HVFB_STATE_REPORT, HVFB_TRACKING_FAULT, 1, 0, 2, 0, 1, 2}},
        {encode_presented({large, 9, true}), {HVFB_PRESENTED, 32, 1, 2, 9, 0, 0, 0}},
        {encode_presented({3, large, false}), {HVFB_PRESENTED, 32, 3, 0, 1, 2, HVFB_PRESENTED_NOT_SHOWN, 0}},
        {encode_configure(5, {640, 480, 2624, format_xrgb8888, 1261568}),
         {HVFB_CONFIGURE, 40, 5, 0, 640, 480, 2624, format_xrgb8888, 1261568, 0}},
        {encode_revoked(), {HVFB_REVOKED, 8}},
        {encode_compared(6, {}), {HVFB_COMPARED, 24, 6, 0, 0, 0}},
        {encode_compared(6, std::vector<PageRange>{{1, 2}, {3, 4}}),
         {HVFB_COMPARED, 40, 6, 0, 0, 2, 1, 2, 3, 4}},
        {encode_frame_ready(large, 8, {}), {HVFB_FRAME_READY, 32, 1, 2, 8, 0, 0, 0}},
        {encode_frame_ready(7, 8, std::vector<Rectangle>{{1, 2, 4, 6}, {10, 20, 11, 22}}),
         {HVFB_FRAME_READY, 64, 7, 0, 8, 0, 2, 0, 1, 2, 3, 4, 10, 20, 1, 2}},
    };
    for (const auto& [packet, words] : cases) EXPECT_EQ(words_of(packet), words) << words.front();
}

template <typename Body>
Body body_of(const Packet& packet) {
    Body body;
    EXPECT_GE(packet.size, sizeof body);
    std::memcpy(&body, packet.bytes.data(), sizeof body);
    EXPECT_EQ(body.header.size, packet.size);
    return body;
}

TEST(SentMessages, more_rectangles_than_a_frame_ready_holds_become_their_bounding_box) {
    std::vector<Rectangle> rectangles;
    for (int i = 0; i < 256; ++i) rectangles.push_back({i * 2 + 5, i + 3, i * 2 + 6, i + 4});
    Packet packet = encode_frame_ready(3, 4, rectangles);
    EXPECT_EQ(body_of<hvfb_frame_ready>(packet).count, 1u);
    hvfb_rectangle box;
    std::memcpy(&box, packet.bytes.data() + sizeof(hvfb_frame_ready), sizeof box);
    EXPECT_EQ(box.x, 5u);
    EXPECT_EQ(box.y, 3u);
    EXPECT_EQ(box.width, 511u);
    EXPECT_EQ(box.height, 256u);

    rectangles.pop_back();
    packet = encode_frame_ready(3, 4, rectangles);
    EXPECT_EQ(body_of<hvfb_frame_ready>(packet).count, 255u);
}

TEST(SentMessages, more_pages_than_a_compared_holds_become_everything) {
    std::vector<PageRange> pages(HVFB_WRITTEN_MAX + 1);
    Packet packet = encode_compared(9, pages);
    EXPECT_EQ(body_of<hvfb_compared>(packet).flags, HVFB_COMPARED_EVERYTHING);
    EXPECT_EQ(body_of<hvfb_compared>(packet).count, 0u);
    pages.pop_back();
    packet = encode_compared(9, pages);
    EXPECT_EQ(body_of<hvfb_compared>(packet).flags, 0u);
    EXPECT_EQ(body_of<hvfb_compared>(packet).count, HVFB_WRITTEN_MAX);
}

}  // namespace
}  // namespace hvfbd::message
