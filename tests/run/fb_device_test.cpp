#include "run/fb_device.h"

#include <gtest/gtest.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "run/caller.h"

namespace {

using fbdev::FbAnswer;
using fbdev::FbDevice;
using fbdev::FbEffect;

class FbDeviceTest : public testing::Test {
  protected:
    fb_var_screeninfo var() {
        EXPECT_EQ(ask(FBIOGET_VSCREENINFO).error, 0);
        return caller.get<fb_var_screeninfo>();
    }
    fb_fix_screeninfo fix() {
        EXPECT_EQ(ask(FBIOGET_FSCREENINFO).error, 0);
        return caller.get<fb_fix_screeninfo>();
    }
    FbAnswer set(const fb_var_screeninfo& wanted) {
        caller.put(wanted);
        return ask(FBIOPUT_VSCREENINFO);
    }
    FbAnswer pan(std::uint32_t y) {
        fb_var_screeninfo wanted = device.var();
        wanted.yoffset = y;
        caller.put(wanted);
        return ask(FBIOPAN_DISPLAY);
    }
    FbAnswer ask(std::uint32_t request) { return device.ioctl(request, caller.at(0), caller.memory()); }

    Caller caller{65536};
    FbDevice device{{640, 480, 2656}, 32};
};

TEST_F(FbDeviceTest, TheModeIsThatOfTheScreenInPixelsOf32Bits) {
    const fb_var_screeninfo mode = var();
    EXPECT_EQ(mode.xres, 640);
    EXPECT_EQ(mode.yres, 480);
    EXPECT_EQ(mode.xres_virtual, 640);
    EXPECT_EQ(mode.yres_virtual, 480);
    EXPECT_EQ(mode.bits_per_pixel, 32);
    EXPECT_EQ(mode.red.offset, 16);
    EXPECT_EQ(mode.green.offset, 8);
    EXPECT_EQ(mode.blue.offset, 0);
    const fb_fix_screeninfo fixed = fix();
    EXPECT_STREQ(fixed.id, "hvfbd");
    EXPECT_EQ(fixed.line_length, 2656);
    EXPECT_EQ(fixed.visual, FB_VISUAL_TRUECOLOR);
    EXPECT_EQ(fixed.smem_len % 4096, 0);
    EXPECT_GE(fixed.smem_len, 2656 * 480 * 2);
    EXPECT_EQ(fixed.smem_start, 0);
}

TEST_F(FbDeviceTest, AnAddressThatIsNoMemoryIsAnErrorOfTheCaller) {
    for (const std::uint32_t request :
         {FBIOGET_VSCREENINFO, FBIOPUT_VSCREENINFO, FBIOGET_FSCREENINFO, FBIOPAN_DISPLAY, FBIOGETCMAP,
          FBIOPUTCMAP, FBIOGET_CON2FBMAP, FBIOPUT_CON2FBMAP})
        for (const std::uint64_t address :
             {std::uint64_t{0}, Caller::nowhere, caller.at(65535), ~std::uint64_t{0}})
            EXPECT_EQ(device.ioctl(request, address, caller.memory()).error, EFAULT)
                << request << ' ' << address;
}

TEST_F(FbDeviceTest, WhatNoFramebufferKnowsIsNoRequestOfIt) {
    EXPECT_EQ(ask(0x5401).error, ENOTTY);  // TCGETS
    EXPECT_EQ(ask(_IO('F', 0x77)).error, ENOTTY);
    EXPECT_EQ(ask(FBIOGET_VBLANK).error, ENOTTY);
    EXPECT_EQ(ask(FBIO_CURSOR).error, EINVAL);
}

TEST_F(FbDeviceTest, TheModeThatThereIsCanBeSet) {
    const FbAnswer answer = set(var());
    EXPECT_EQ(answer.error, 0);
    EXPECT_EQ(answer.effect, FbEffect::none);
}

TEST_F(FbDeviceTest, OtherSizesAreRefused) {
    for (const auto& [width, height] :
         {std::pair{800U, 600U}, {320U, 240U}, {640U, 479U}, {4U, 4U}, {0U, 0U}, {~0U, ~0U}}) {
        fb_var_screeninfo wanted = device.var();
        wanted.xres = wanted.xres_virtual = width;
        wanted.yres = wanted.yres_virtual = height;
        EXPECT_EQ(set(wanted).error, EINVAL) << width << 'x' << height;
    }
    fb_var_screeninfo wanted = device.var();
    wanted.xres_virtual = 1280;
    EXPECT_EQ(set(wanted).error, EINVAL);
    EXPECT_EQ(var().xres_virtual, 640);
}

TEST_F(FbDeviceTest, DepthsAreRoundedUpToThoseThatThereAre) {
    for (const auto& [asked, given] : {std::pair{9U, 16U},
                                       {15U, 16U},
                                       {16U, 16U},
                                       {24U, 32U},
                                       {32U, 32U},
                                       {8U, 0U},
                                       {1U, 0U},
                                       {33U, 0U}}) {
        fb_var_screeninfo wanted = device.var();
        wanted.bits_per_pixel = asked;
        const FbAnswer answer = set(wanted);
        EXPECT_EQ(answer.error, given == 0 ? EINVAL : 0) << asked;
        if (given != 0) {
            EXPECT_EQ(caller.get<fb_var_screeninfo>().bits_per_pixel, given) << asked;
        }
    }
}

TEST_F(FbDeviceTest, A16BitModeHasFieldsAndLinesOfItsOwn) {
    fb_var_screeninfo wanted = device.var();
    wanted.bits_per_pixel = 16;
    EXPECT_EQ(set(wanted).effect, FbEffect::mode);
    const fb_var_screeninfo mode = var();
    EXPECT_EQ(mode.red.offset, 11);
    EXPECT_EQ(mode.green.length, 6);
    EXPECT_EQ(mode.blue.length, 5);
    EXPECT_EQ(mode.transp.length, 0);
    EXPECT_EQ(fix().line_length, 1280);
    EXPECT_EQ(device.size(), 1280 * 480);
    // What a card has for pictures does not depend on the mode.
    EXPECT_EQ(fix().smem_len, FbDevice({640, 480, 2656}, 32).fix().smem_len);
}

TEST_F(FbDeviceTest, BlueMayComeLast) {
    fb_var_screeninfo wanted = device.var();
    std::swap(wanted.red, wanted.blue);
    EXPECT_EQ(set(wanted).effect, FbEffect::mode);
    EXPECT_TRUE(device.bgr());
    EXPECT_EQ(var().blue.offset, 16);
    wanted = device.var();
    std::swap(wanted.red, wanted.blue);
    EXPECT_EQ(set(wanted).effect, FbEffect::mode);
    EXPECT_FALSE(device.bgr());
}

TEST_F(FbDeviceTest, ATriedModeIsAnsweredAndNotSet) {
    fb_var_screeninfo wanted = device.var();
    wanted.bits_per_pixel = 15;
    wanted.activate = FB_ACTIVATE_TEST;
    const FbAnswer answer = set(wanted);
    EXPECT_EQ(answer.error, 0);
    EXPECT_EQ(answer.effect, FbEffect::none);
    EXPECT_EQ(caller.get<fb_var_screeninfo>().bits_per_pixel, 16);
    EXPECT_EQ(var().bits_per_pixel, 32);
}

TEST_F(FbDeviceTest, TheMemoryIsUpToTwiceAsHighAsTheScreen) {
    for (const auto& [asked, given] :
         {std::pair{480U, 480U}, {0U, 480U}, {700U, 700U}, {960U, 960U}, {961U, 0U}, {~0U, 0U}}) {
        fb_var_screeninfo wanted = device.var();
        wanted.yres_virtual = asked;
        wanted.yoffset = 0;
        EXPECT_EQ(set(wanted).error, given == 0 ? EINVAL : 0) << asked;
        if (given != 0) {
            EXPECT_EQ(var().yres_virtual, given);
        }
    }
    EXPECT_LE(device.size(), fix().smem_len);
}

TEST_F(FbDeviceTest, AModeThatNeedsMoreThanItBeganWithGetsAllOfIt) {
    const std::uint32_t line = fix().line_length;
    device = FbDevice({640, 480, line}, 32, 2, 1);
    EXPECT_EQ(fix().smem_len, (line * 480 + 4095) / 4096 * 4096);
    EXPECT_EQ(device.memory_size(), line * 480);
    // Half as many bits: as many rows more as there is memory for.
    fb_var_screeninfo wanted = device.var();
    wanted.bits_per_pixel = 16;
    wanted.yres_virtual = 960;
    ASSERT_EQ(set(wanted).error, 0);
    EXPECT_EQ(device.memory_size(), line * 480);
    wanted.bits_per_pixel = 32;
    EXPECT_EQ(set(wanted).effect, FbEffect::mode);
    EXPECT_EQ(device.memory_size(), line * 960);
    EXPECT_EQ(fix().smem_len, (line * 960 + 4095) / 4096 * 4096);
    wanted.yres_virtual = 480;
    ASSERT_EQ(set(wanted).error, 0);
    EXPECT_EQ(device.memory_size(), line * 960);
    wanted.yres_virtual = 961;
    EXPECT_EQ(set(wanted).error, EINVAL);
}

TEST_F(FbDeviceTest, AnOffsetMakesRoomForItself) {
    fb_var_screeninfo wanted = device.var();
    wanted.yoffset = 100;
    EXPECT_EQ(set(wanted).effect, FbEffect::mode);
    EXPECT_EQ(var().yres_virtual, 580);
    EXPECT_EQ(var().yoffset, 100);
    wanted.yoffset = 481;
    EXPECT_EQ(set(wanted).error, EINVAL);
    wanted.yoffset = ~0U;
    EXPECT_EQ(set(wanted).error, EINVAL);
}

TEST_F(FbDeviceTest, PanningStaysInTheMemory) {
    EXPECT_EQ(pan(0).effect, FbEffect::pan);
    EXPECT_EQ(pan(1).error, EINVAL);
    fb_var_screeninfo wanted = device.var();
    wanted.yres_virtual = 960;
    ASSERT_EQ(set(wanted).error, 0);
    EXPECT_EQ(pan(480).effect, FbEffect::pan);
    EXPECT_EQ(var().yoffset, 480);
    EXPECT_EQ(pan(481).error, EINVAL);
    EXPECT_EQ(pan(~0U).error, EINVAL);
    EXPECT_EQ(var().yoffset, 480);
    wanted = device.var();
    wanted.xoffset = 1;
    caller.put(wanted);
    EXPECT_EQ(ask(FBIOPAN_DISPLAY).error, EINVAL);
    wanted.xoffset = 0;
    wanted.yoffset = 1;
    wanted.vmode |= FB_VMODE_YWRAP;
    caller.put(wanted);
    EXPECT_EQ(ask(FBIOPAN_DISPLAY).error, EINVAL);
}

TEST_F(FbDeviceTest, AModeOfAnotherOffsetIsAPan) {
    fb_var_screeninfo wanted = device.var();
    wanted.yres_virtual = 960;
    ASSERT_EQ(set(wanted).error, 0);
    wanted = device.var();
    wanted.yoffset = 480;
    EXPECT_EQ(set(wanted).effect, FbEffect::pan);
}

TEST_F(FbDeviceTest, ForgettingTheModeThatThereIsIsRefused) {
    fb_var_screeninfo wanted = device.var();
    wanted.activate = FB_ACTIVATE_INV_MODE;
    EXPECT_EQ(set(wanted).error, EINVAL);
    wanted.xres = 800;
    EXPECT_EQ(set(wanted).error, 0);
    EXPECT_EQ(var().xres, 640);
}

TEST_F(FbDeviceTest, APanToTheTopKeepsWhetherItWraps) {
    fb_var_screeninfo wanted = device.var();
    wanted.vmode = FB_VMODE_YWRAP;
    caller.put(wanted);
    EXPECT_EQ(ask(FBIOPAN_DISPLAY).error, 0);
    EXPECT_EQ(var().vmode, FB_VMODE_YWRAP);
    wanted.yoffset = 1;
    caller.put(wanted);
    EXPECT_EQ(ask(FBIOPAN_DISPLAY).error, EINVAL);
    wanted.yoffset = 0;
    wanted.vmode = FB_VMODE_INTERLACED;
    caller.put(wanted);
    EXPECT_EQ(ask(FBIOPAN_DISPLAY).error, 0);
    EXPECT_EQ(var().vmode, FB_VMODE_NONINTERLACED);
}

TEST_F(FbDeviceTest, AModeOfOtherTimingsIsAnotherOneToForget) {
    for (std::uint32_t fb_var_screeninfo::*const field :
         {&fb_var_screeninfo::pixclock, &fb_var_screeninfo::left_margin, &fb_var_screeninfo::right_margin,
          &fb_var_screeninfo::upper_margin, &fb_var_screeninfo::lower_margin, &fb_var_screeninfo::hsync_len,
          &fb_var_screeninfo::vsync_len, &fb_var_screeninfo::sync, &fb_var_screeninfo::vmode}) {
        fb_var_screeninfo wanted = device.var();
        wanted.activate = FB_ACTIVATE_INV_MODE;
        ++(wanted.*field);
        EXPECT_EQ(set(wanted).error, 0);
    }
    fb_var_screeninfo wanted = device.var();
    wanted.activate = FB_ACTIVATE_INV_MODE;
    wanted.bits_per_pixel = 16;
    wanted.vmode |= FB_VMODE_YWRAP;
    EXPECT_EQ(set(wanted).error, EINVAL);
}

TEST_F(FbDeviceTest, BlankingKnowsFiveLevels) {
    for (std::uint64_t level = 0; level <= FB_BLANK_POWERDOWN; ++level)
        EXPECT_EQ(device.ioctl(FBIOBLANK, level, caller.memory()).effect, FbEffect::blank);
    EXPECT_EQ(device.blanked(), FB_BLANK_POWERDOWN);
    EXPECT_EQ(device.ioctl(FBIOBLANK, FB_BLANK_POWERDOWN + 1, caller.memory()).error, EINVAL);
    EXPECT_EQ(device.ioctl(FBIOBLANK, ~std::uint64_t{0}, caller.memory()).error, EINVAL);
    EXPECT_EQ(device.blanked(), FB_BLANK_POWERDOWN);
}

TEST_F(FbDeviceTest, EveryConsoleIsOnTheOneFramebuffer) {
    caller.put(fb_con2fbmap{.console = 1, .framebuffer = 7});
    EXPECT_EQ(ask(FBIOGET_CON2FBMAP).error, 0);
    EXPECT_EQ(caller.get<fb_con2fbmap>().framebuffer, 0);
    EXPECT_EQ(ask(FBIOPUT_CON2FBMAP).error, 0);
    caller.put(fb_con2fbmap{.console = 1, .framebuffer = 1});
    EXPECT_EQ(ask(FBIOPUT_CON2FBMAP).error, EINVAL);
    for (const std::uint32_t console : {0U, 64U, ~0U}) {
        caller.put(fb_con2fbmap{.console = console, .framebuffer = 0});
        EXPECT_EQ(ask(FBIOGET_CON2FBMAP).error, EINVAL);
        EXPECT_EQ(ask(FBIOPUT_CON2FBMAP).error, EINVAL);
    }
}

TEST_F(FbDeviceTest, AWaitForTheScreenIsAnsweredByWhoKnowsIt) {
    EXPECT_EQ(ask(FBIO_WAITFORVSYNC).effect, FbEffect::wait_for_vsync);
}

class FbColours : public FbDeviceTest {
  protected:
    fb_cmap map(std::uint32_t start, std::uint32_t count) const {
        const auto pointer = [this](std::size_t offset) {
            return reinterpret_cast<__u16*>(caller.at(offset));
        };
        return {.start = start,
                .len = count,
                .red = pointer(1024),
                .green = pointer(8192),
                .blue = pointer(16384),
                .transp = nullptr};
    }
    int colours(std::uint32_t request, const fb_cmap& wanted) {
        caller.put(wanted);
        return ask(request).error;
    }
};

TEST_F(FbColours, AreThoseOfTheConsoleAtFirst) {
    ASSERT_EQ(colours(FBIOGETCMAP, map(0, 16)), 0);
    EXPECT_EQ(caller.get<std::uint16_t>(1024 + 4 * 2), 0xaaaa);
    EXPECT_EQ(caller.get<std::uint16_t>(8192 + 6 * 2), 0x5555);
    EXPECT_EQ(caller.get<std::uint16_t>(16384 + 15 * 2), 0xffff);
}

TEST_F(FbColours, AreWhatWasPutThere) {
    caller.put(std::uint16_t{0x1234}, 1024);
    caller.put(std::uint16_t{0x5678}, 8192);
    caller.put(std::uint16_t{0x9abc}, 16384);
    ASSERT_EQ(colours(FBIOPUTCMAP, map(200, 1)), 0);
    ASSERT_EQ(colours(FBIOGETCMAP, map(199, 3)), 0);
    EXPECT_EQ(caller.get<std::uint16_t>(1024 + 2), 0x1234);
    EXPECT_EQ(caller.get<std::uint16_t>(8192 + 2), 0x5678);
    EXPECT_EQ(caller.get<std::uint16_t>(16384 + 2), 0x9abc);
}

TEST_F(FbColours, BeyondTheLastAreAnsweredAsLinuxDoes) {
    EXPECT_EQ(colours(FBIOPUTCMAP, map(250, 10)), 0);
    EXPECT_EQ(colours(FBIOPUTCMAP, map(300, 1)), 0);
    EXPECT_EQ(colours(FBIOPUTCMAP, map(0, 0)), EINVAL);
    EXPECT_EQ(colours(FBIOPUTCMAP, map(0x80000000, 1)), EINVAL);
    EXPECT_EQ(colours(FBIOPUTCMAP, map(0, 0xffffffff)), E2BIG);
    EXPECT_EQ(colours(FBIOPUTCMAP, map(0, 0x3fffffff)), ENOMEM);
    EXPECT_EQ(colours(FBIOPUTCMAP, map(0, 60000)), EFAULT);
    EXPECT_EQ(colours(FBIOGETCMAP, map(256, 1)), EINVAL);
    EXPECT_EQ(colours(FBIOGETCMAP, map(0, 0)), EINVAL);
    EXPECT_EQ(colours(FBIOGETCMAP, map(255, 1000)), 0);
}

TEST_F(FbColours, ThatCannotBeReadWholeChangeNothing) {
    fb_cmap wanted = map(0, 1);
    caller.put(std::uint16_t{0x1111}, 1024);
    wanted.blue = nullptr;
    EXPECT_EQ(colours(FBIOPUTCMAP, wanted), EFAULT);
    wanted = map(0, 1);
    wanted.transp = reinterpret_cast<__u16*>(Caller::nowhere);
    EXPECT_EQ(colours(FBIOPUTCMAP, wanted), EFAULT);
    ASSERT_EQ(colours(FBIOGETCMAP, map(0, 1)), 0);
    EXPECT_EQ(caller.get<std::uint16_t>(1024), 0);
}

TEST_F(FbDeviceTest, ReadingEndsWhereTheMemoryDoes) {
    const std::uint64_t size = 2656 * 480;
    EXPECT_EQ(device.size(), size);
    EXPECT_EQ(device.reading(0, size + 1).count, size);
    EXPECT_EQ(device.reading(size - 3, 100).count, 3);
    for (const std::uint64_t position : {size, size + 1, ~std::uint64_t{0}}) {
        EXPECT_EQ(device.reading(position, 1).count, 0);
        EXPECT_EQ(device.reading(position, 1).error, 0);
    }
}

TEST_F(FbDeviceTest, WritingBeyondTheEndSaysThatThereIsNoRoom) {
    const std::uint64_t size = device.size();
    EXPECT_EQ(device.writing(0, size).count, size);
    EXPECT_EQ(device.writing(0, size).error, 0);
    EXPECT_EQ(device.writing(size - 3, 100).count, 3);
    EXPECT_EQ(device.writing(size, 1).count, 0);
    EXPECT_EQ(device.writing(size, 1).error, ENOSPC);
    EXPECT_EQ(device.writing(size, 0).error, 0);
    // As Linux: more than there ever is, or from beyond the end.
    EXPECT_EQ(device.writing(0, size + 1).count, size);
    EXPECT_EQ(device.writing(size, size + 1).error, EFBIG);
    EXPECT_EQ(device.writing(size + 1, 1).error, EFBIG);
    EXPECT_EQ(device.writing(~std::uint64_t{0}, 1).error, EFBIG);
}

}  // namespace
