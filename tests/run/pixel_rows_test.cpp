#include "run/pixel_rows.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace {

using fbdev::PixelKind;

TEST(PixelRows, OfSixteenBitsKeepBlackAndWhite) {
    EXPECT_EQ(fbdev::xrgb_of_565(0x0000), 0x000000U);
    EXPECT_EQ(fbdev::xrgb_of_565(0xffff), 0xffffffU);
    EXPECT_EQ(fbdev::xrgb_of_565(0xf800), 0xff0000U);
    EXPECT_EQ(fbdev::xrgb_of_565(0x07e0), 0x00ff00U);
    EXPECT_EQ(fbdev::xrgb_of_565(0x001f), 0x0000ffU);
}

TEST(PixelRows, OfSixteenBitsComeBackAsTheyWere) {
    for (unsigned pixel = 0; pixel < 65536; ++pixel) {
        const std::uint32_t made = fbdev::xrgb_of_565(static_cast<std::uint16_t>(pixel));
        EXPECT_EQ((made >> 19 & 31) << 11 | (made >> 10 & 63) << 5 | (made >> 3 & 31), pixel);
    }
}

TEST(PixelRows, RedAndBlueChangePlaces) {
    EXPECT_EQ(fbdev::xrgb_of_xbgr(0x00112233), 0x00332211U);
    EXPECT_EQ(fbdev::xrgb_of_xbgr(0xff0000aa), 0xffaa0000U);
}

TEST(PixelRows, EachPixelIsRepeated) {
    const std::uint32_t from[] = {0x000001, 0x000002};
    std::vector<std::uint32_t> to(6);
    fbdev::convert_row(PixelKind::xrgb32, reinterpret_cast<const std::byte*>(from), 2, 3, to.data());
    EXPECT_EQ(to, (std::vector<std::uint32_t>{1, 1, 1, 2, 2, 2}));
    const std::uint16_t small[] = {0xf800, 0x001f};
    fbdev::convert_row(PixelKind::rgb565, reinterpret_cast<const std::byte*>(small), 2, 1, to.data());
    EXPECT_EQ(to[0], 0xff0000U);
    EXPECT_EQ(to[1], 0x0000ffU);
}

TEST(PixelRows, ASmallerPictureIsInTheMiddle) {
    fbdev::Placement place = fbdev::centred(640, 480, 1, 1920, 1080);
    EXPECT_EQ(place.x, 640U);
    EXPECT_EQ(place.y, 300U);
    EXPECT_EQ(place.scale, 1U);
    place = fbdev::centred(640, 480, 0, 1920, 1080);
    EXPECT_EQ(place.scale, 2U);
    EXPECT_EQ(place.x, 320U);
    EXPECT_EQ(place.y, 60U);
    // Not larger than it fits.
    EXPECT_EQ(fbdev::centred(640, 480, 9, 1920, 1080).scale, 2U);
    EXPECT_EQ(fbdev::centred(640, 480, 1, 640, 480).x, 0U);
    EXPECT_EQ(fbdev::centred(0, 0, 1, 640, 480).scale, 1U);
}

}  // namespace
