#include "hvfbctl/y4m.h"

#include <gtest/gtest.h>

#include <string>

namespace hvfbctl {
namespace {

TEST(Y4m, SaysSizeRateAndThatEachPixelHasItsColour) {
    EXPECT_EQ(y4m_header(1366, 768, 30), "YUV4MPEG2 W1366 H768 F30:1 Ip A1:1 C444\n");
}

TEST(Y4m, HasTheThreePlanesOfAFrameOneAfterTheOther) {
    // White, black; red, blue, by BT.601.
    const auto frame = y4m_frame({2, 2, {0xffffff, 0x000000, 0xff0000, 0x0000ff}});
    std::string text, planes = "FRAME\n";
    for (const int value : {235, 16, 82, 41, 128, 128, 90, 240, 128, 128, 240, 110})
        planes += static_cast<char>(value);
    for (const std::byte byte : frame) text += static_cast<char>(byte);
    EXPECT_EQ(text, planes);
}

TEST(Y4m, AFrameIsDueFromTheTimeOnAtWhichItIsShown) {
    constexpr std::uint64_t second = 1'000'000'000;
    EXPECT_EQ(frames_due(0, 10), 1u);
    EXPECT_EQ(frames_due(second / 10 - 1, 10), 1u);
    EXPECT_EQ(frames_due(second / 10, 10), 2u);
    EXPECT_EQ(frames_due(3 * second, 10), 31u);
    // A year, at the highest rate.
    EXPECT_EQ(frames_due(31'536'000 * second, 1000), 31'536'000'001u);
}

}  // namespace
}  // namespace hvfbctl
