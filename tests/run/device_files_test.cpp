#include "run/device_files.h"

#include <gtest/gtest.h>
#include <sys/sysmacros.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace {

using fbdev::device_file;
using fbdev::DeviceFile;

TEST(DeviceFiles, AFramebufferHasThreeNames) {
    for (const char* const path : {"/dev/fb0", "/dev/fb/0", "/dev/graphics/fb0", "//dev///fb0"})
        EXPECT_EQ(device_file(path), DeviceFile::framebuffer) << path;
    for (const char* const path :
         {"", "/", "fb0", "dev/fb0", "/dev/fb", "/dev/fb1", "/dev/fb00", "/dev/fb0x", "/tmp/dev/fb0"})
        EXPECT_EQ(device_file(path), DeviceFile::none) << path;
}

TEST(DeviceFiles, TerminalsAreThoseOfTheKernel) {
    for (const char* const path : {"/dev/tty0", "/dev/tty1", "/dev/tty63", "/dev/console", "/dev/vc/1"})
        EXPECT_EQ(device_file(path), DeviceFile::terminal) << path;
    for (const char* const path :
         {"/dev/tty", "/dev/tty64", "/dev/tty100", "/dev/ttyS0", "/dev/tty1x", "/dev/pts/1", "/dev/tty01"})
        EXPECT_EQ(device_file(path), DeviceFile::none) << path;
}

TEST(DeviceFiles, TerminalsHaveTheNumbersOfTheKernels) {
    EXPECT_EQ(fbdev::terminal_device("/dev/tty0"), makedev(4, 0));
    EXPECT_EQ(fbdev::terminal_device("/dev//tty63"), makedev(4, 63));
    EXPECT_EQ(fbdev::terminal_device("/dev/vc/7"), makedev(4, 7));
    EXPECT_EQ(fbdev::terminal_device("/dev/console"), makedev(5, 1));
}

TEST(DeviceFiles, ItsFolderIsBehindALinkThatNamesNoPciDevice) {
    EXPECT_EQ(device_file("/sys/class/graphics/fb0"), DeviceFile::link);
    EXPECT_EQ(fbdev::link_target("/sys/class/graphics/fb0"), "../../devices/virtual/graphics/fb0");
    EXPECT_EQ(device_file("/sys/devices/virtual/graphics/fb0"), DeviceFile::folder);
    EXPECT_EQ(fbdev::link_target("/sys/class/graphics/fb0/subsystem"), "../../../../class/graphics");
    for (const char* const folder : {"/sys/class/graphics/fb0", "/sys/devices/virtual/graphics/fb0"}) {
        const std::string device = folder + std::string("/device");
        EXPECT_EQ(device_file(device), DeviceFile::elsewhere);
        EXPECT_EQ(fbdev::link_target(device), "../../../platform");
        EXPECT_EQ(device_file(device + "/subsystem"), DeviceFile::elsewhere);
        EXPECT_EQ(fbdev::link_target(device + "/subsystem"), "../../bus/platform");
        EXPECT_EQ(device_file(device + "/vendor"), DeviceFile::missing);
    }
    EXPECT_EQ(device_file("/sys/class/graphics/fb00"), DeviceFile::none);
    EXPECT_EQ(device_file("/sys/class/graphics"), DeviceFile::none);
    EXPECT_TRUE(fbdev::is_class_folder("/sys//class/graphics/"));
    EXPECT_FALSE(fbdev::is_class_folder("/dev"));
    EXPECT_EQ(device_file(std::string(100000, '/') + "x"), DeviceFile::none);
    EXPECT_EQ(device_file("/sys/class/graphics/fb0/" + std::string(1000, 'x')), DeviceFile::none);
}

TEST(DeviceFiles, AttributesSayWhatTheIoctlsDo) {
    const fbdev::FbDevice device({800, 600, 3200}, 32);
    const auto text = [&device](const char* path) {
        char bytes[256];
        return std::string(bytes, fbdev::attribute_text(path, device, bytes, sizeof bytes));
    };
    EXPECT_EQ(text("/proc/fb"), "0 hvfbd\n");
    EXPECT_EQ(text("/sys/class/graphics/fb0/virtual_size"), "800,600\n");
    EXPECT_EQ(text("/sys/devices/virtual/graphics/fb0/bits_per_pixel"), "32\n");
    EXPECT_EQ(text("/sys/class/graphics/fb0/stride"), "3200\n");
    EXPECT_EQ(text("/sys/class/graphics/fb0/dev"), "29:0\n");
    EXPECT_EQ(text("/sys/class/graphics/fb0/modes"), "U:800x600p-0\n");
    EXPECT_EQ(text("/sys/class/graphics/fb0/blank"), "");
    char one[4];
    EXPECT_EQ(fbdev::attribute_text("/sys/class/graphics/fb0/virtual_size", device, one, sizeof one), 3U);
}

TEST(DeviceFiles, EveryNameInTheFolderIsAnAttributeOrALink) {
    std::set<std::string> names;
    for (std::size_t i = 0; const char* name = fbdev::listed_name("/sys/class/graphics/fb0", i); ++i) {
        const DeviceFile file = device_file(std::string("/sys/class/graphics/fb0/") + name);
        EXPECT_TRUE(file == DeviceFile::attribute || file == DeviceFile::link) << name;
        EXPECT_TRUE(names.insert(name).second);
    }
    EXPECT_EQ(names.size(), 15U);
    EXPECT_STREQ(fbdev::listed_name("/dev/", 0), "fb0");
    EXPECT_EQ(fbdev::listed_name("/dev", 1), nullptr);
    EXPECT_EQ(fbdev::listed_name("/tmp", 0), nullptr);
}

TEST(DeviceFiles, ATerminalHasTheKernelsName) {
    for (const auto& [given, wanted] :
         std::vector<std::pair<const char*, std::string>>{{"/dev/vc/7", "/dev/tty7"},
                                                          {"/dev//vc/0", "/dev/tty0"},
                                                          {"/dev/tty63", "/dev/tty63"},
                                                          {"/dev/console", "/dev/console"}}) {
        char name[32];
        fbdev::terminal_name(given, name, sizeof name);
        EXPECT_EQ(name, wanted);
    }
}

}  // namespace
