#include "vnc/message_gate.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>

namespace vnc {
namespace {

TEST(MessageGateTest, WhatAClientNeedsPassesAndNothingElseReachesLibvncserver) {
    const std::set<int> needed = {0, 2, 3, 4, 5};
    for (int type = 0; type < 256; ++type) {
        const Verdict verdict = verdict_on(static_cast<std::uint8_t>(type), false);
        EXPECT_EQ(verdict == Verdict::pass, needed.contains(type)) << type;
        EXPECT_EQ(verdict == Verdict::discard, type == 6) << type;
        EXPECT_EQ(verdict == Verdict::resize, type == 251) << type;
        EXPECT_NE(verdict, Verdict::key) << type;
    }
}

TEST(MessageGateTest, AnExtendedKeyEventPassesWhereTheClientHasAskedForThem) {
    for (int type = 0; type < 256; ++type) {
        const auto byte = static_cast<std::uint8_t>(type);
        EXPECT_EQ(verdict_on(byte, true), type == 255 ? Verdict::key : verdict_on(byte, false)) << type;
    }
}

TEST(MessageGateTest, AWishForAnotherSizeSaysWhichAndHowManyScreensFollow) {
    const SizeWish wish = size_wish_in({251, 0, 0x01, 0x2c, 0x00, 0xc8, 3, 0});
    EXPECT_EQ(wish.width, 300U);
    EXPECT_EQ(wish.height, 200U);
    EXPECT_EQ(wish.screens, 3U);
}

TEST(MessageGateTest, TextForAClipboardIsMeasuredInBothOfItsForms) {
    EXPECT_EQ(cut_text_length({6, 0, 0, 0, 0, 0, 1, 2}), 258U);
    EXPECT_EQ(cut_text_length({6, 0, 0, 0, 0, 0, 0, 0}), 0U);
    EXPECT_EQ(cut_text_length({6, 0, 0, 0, 0xff, 0xff, 0xff, 0xf8}), 8U);
    EXPECT_EQ(cut_text_length({6, 0, 0, 0, 0, 0x10, 0, 0}), 1U << 20U);
}

TEST(MessageGateTest, TextThatIsLargerThanAMebibyteIsRefused) {
    EXPECT_FALSE(cut_text_length({6, 0, 0, 0, 0, 0x10, 0, 1}));
    EXPECT_FALSE(cut_text_length({6, 0, 0, 0, 0x80, 0, 0, 0}));
    EXPECT_FALSE(cut_text_length({6, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff}));
}

}  // namespace
}  // namespace vnc
