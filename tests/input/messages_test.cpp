#include "input/protocol/messages.h"

#include <gtest/gtest.h>

#include <linux/input-event-codes.h>

#include <optional>

namespace input {
namespace {

TEST(InputMessagesTest, WhatIsEncodedIsDecodedAgain) {
    const Key key{KEY_A, KeyValue::repeated};
    const Pointer pointer{65535, 1, 31, -3, 100};
    const Touch touch{9, 1, 65535, 0};
    EXPECT_EQ(decode(encode(key).view()), Message(key));
    EXPECT_EQ(decode(encode(pointer).view()), Message(pointer));
    EXPECT_EQ(decode(encode(touch).view()), Message(touch));
    const auto state = decode_state(encode(State{1, Verdict::no_device}).view());
    ASSERT_TRUE(state);
    EXPECT_EQ(state->version, 1);
    EXPECT_EQ(state->verdict, Verdict::no_device);
}

TEST(InputMessagesTest, BytesAreThoseOfTheDocument) {
    const Packet packet = encode(Key{0x102, KeyValue::down});
    const std::array<unsigned char, 16> expected = {1, 0, 0, 0, 16, 0, 0, 0, 2, 1, 0, 0, 1, 0, 0, 0};
    ASSERT_EQ(packet.size, expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(packet.bytes[i], std::byte{expected[i]}) << i;
}

TEST(InputMessagesTest, WhatIsOutOfItsRangeIsMalformed) {
    EXPECT_FALSE(decode(encode(Key{0, KeyValue::down}).view()));
    EXPECT_FALSE(decode(encode(Key{KEY_MAX + 1, KeyValue::down}).view()));
    EXPECT_FALSE(decode(encode(Key{KEY_A, static_cast<KeyValue>(3)}).view()));
    EXPECT_FALSE(decode(encode(Pointer{65536, 0, 0, 0, 0}).view()));
    EXPECT_FALSE(decode(encode(Pointer{0, 65536, 0, 0, 0}).view()));
    EXPECT_FALSE(decode(encode(Pointer{0, 0, 32, 0, 0}).view()));
    EXPECT_FALSE(decode(encode(Pointer{0, 0, 0, 101, 0}).view()));
    EXPECT_FALSE(decode(encode(Pointer{0, 0, 0, 0, -101}).view()));
    EXPECT_FALSE(decode(encode(Touch{10, 1, 0, 0}).view()));
    EXPECT_FALSE(decode(encode(Touch{0, 2, 0, 0}).view()));
    EXPECT_FALSE(decode(encode(Touch{0, 1, 65536, 0}).view()));
}

TEST(InputMessagesTest, AnotherSizeThanTheHeadersIsMalformed) {
    Packet packet = encode(Key{KEY_A, KeyValue::down});
    EXPECT_FALSE(decode(std::span(packet.bytes).first(packet.size - 1)));
    EXPECT_FALSE(decode(std::span(packet.bytes).first(packet.size + 1)));
    EXPECT_FALSE(decode(std::span(packet.bytes).first(7)));
    EXPECT_FALSE(decode({}));
    // Right for itself, and not for a key.
    packet.bytes[4] = std::byte{20};
    EXPECT_FALSE(decode(std::span(packet.bytes).first(20)));
}

TEST(InputMessagesTest, ATypeThatIsNotKnownIsNoMistake) {
    Packet packet = encode(Key{KEY_A, KeyValue::down});
    packet.bytes[0] = std::byte{77};
    EXPECT_EQ(decode(packet.view()), Message(Unknown{}));
}

}  // namespace
}  // namespace input
