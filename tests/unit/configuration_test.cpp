#include "control/configuration.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace hvfbd {
namespace {

namespace fs = std::filesystem;

class ConfigurationFiles : public ::testing::Test {
  protected:
    ConfigurationFiles() {
        std::string path = fs::temp_directory_path() / "hvfbd-configuration-XXXXXX";
        root = ::mkdtemp(path.data());
        folders = {root / "usr", root / "run", root / "etc"};
    }
    ~ConfigurationFiles() override { fs::remove_all(root); }

    void write(const fs::path& path, const std::string& text) {
        fs::create_directories((root / path).parent_path());
        std::ofstream(root / path) << text;
    }
    Configuration read() {
        warnings.clear();
        return load(folders, warnings);
    }

    fs::path root;
    std::vector<fs::path> folders;
    std::vector<ConfigurationWarning> warnings;
};

TEST_F(ConfigurationFiles, that_are_not_there_leave_the_defaults_without_a_word) {
    EXPECT_EQ(read().display, Tuning{});
    EXPECT_TRUE(warnings.empty());
}

TEST_F(ConfigurationFiles, set_every_key) {
    write("etc/hvfbd.conf", R"([Display]
RefreshLimit=60
RefreshMode=periodic
SettleDelay=0
IdleTimeout=5
Tracking=scan
MaxRects=1
WhenHidden=ignore
[Output]
Type=memory
Uio=uio3
Framebuffer=uio:uio3/map1
FramebufferSize=8388608
Card=/dev/dri/card1
Connector=HDMI-A-1
Screens=together
Mode=800x600
Stride=4096
AssumeVisible=no
[Clients]
GrantUserfaultfd=no
[Log]
Level=debug
)");
    Configuration c = read();
    EXPECT_TRUE(warnings.empty());
    EXPECT_EQ(c.display.refresh_limit, 60u);
    EXPECT_FALSE(c.grant_userfaultfd);
    EXPECT_TRUE(Configuration{}.grant_userfaultfd);
    EXPECT_EQ(c.display.refresh_mode, Tuning::RefreshMode::periodic);
    EXPECT_EQ(c.display.settle_delay.count(), 0);
    EXPECT_EQ(c.display.idle_timeout.count(), 5);
    EXPECT_EQ(c.display.tracking, Tuning::Tracking::scan);
    EXPECT_EQ(c.display.max_rects, 1u);
    EXPECT_EQ(c.display.when_hidden, Tuning::WhenHidden::ignore);
    EXPECT_EQ(c.output.type, "memory");
    EXPECT_EQ(c.output.uio, "uio3");
    EXPECT_EQ(c.output.framebuffer, "uio:uio3/map1");
    EXPECT_EQ(c.output.framebuffer_size, 8388608u);
    EXPECT_EQ(c.output.card, "/dev/dri/card1");
    EXPECT_EQ(c.output.connector, "HDMI-A-1");
    EXPECT_EQ(c.output.screens, "together");
    EXPECT_EQ(c.output.mode, (Mode{800, 600}));
    EXPECT_EQ(c.output.stride, 4096u);
    EXPECT_FALSE(c.output.assume_visible);
    EXPECT_EQ(c.log_level, "debug");
}

TEST_F(ConfigurationFiles, of_a_stronger_folder_hide_the_main_file_of_a_weaker_one) {
    write("usr/hvfbd.conf", "[Display]\nRefreshLimit=10\nMaxRects=10\n");
    write("etc/hvfbd.conf", "[Display]\nRefreshLimit=30\n");
    EXPECT_EQ(read().display.refresh_limit, 30u);
    EXPECT_EQ(read().display.max_rects, 16u);
}

TEST_F(ConfigurationFiles, dropped_in_come_after_the_main_file_in_the_order_of_their_names_over_all_folders) {
    write("etc/hvfbd.conf", "[Display]\nRefreshLimit=1\nMaxRects=1\nSettleDelay=1\n");
    write("etc/hvfbd.conf.d/10-a.conf", "[Display]\nRefreshLimit=2\nMaxRects=2\n");
    write("usr/hvfbd.conf.d/20-b.conf", "[Display]\nRefreshLimit=3\n");
    write("usr/hvfbd.conf.d/20-b.txt", "[Display]\nRefreshLimit=4\n");
    Configuration c = read();
    EXPECT_EQ(c.display.refresh_limit, 3u);
    EXPECT_EQ(c.display.max_rects, 2u);
    EXPECT_EQ(c.display.settle_delay.count(), 1);
}

TEST_F(ConfigurationFiles, dropped_in_replace_those_of_the_same_name_in_weaker_folders) {
    write("usr/hvfbd.conf.d/a.conf", "[Display]\nRefreshLimit=2\nMaxRects=2\n");
    write("run/hvfbd.conf.d/a.conf", "[Display]\nRefreshLimit=3\n");
    EXPECT_EQ(read().display.refresh_limit, 3u);
    EXPECT_EQ(read().display.max_rects, 16u);
    fs::create_directories(root / "etc/hvfbd.conf.d");
    fs::create_symlink("/dev/null", root / "etc/hvfbd.conf.d/a.conf");
    EXPECT_EQ(read().display.refresh_limit, 20u);
    EXPECT_TRUE(warnings.empty());
}

TEST_F(ConfigurationFiles, with_mistakes_warn_with_file_and_line_and_what_stood_before_stands) {
    write("etc/hvfbd.conf",
          "[Display]\nRefreshLimit=30\nRefreshLimit=1001\nColour=red\n[Screen]\nA=b\n[Output]\nMode=0x0\n"
          "Card=card0\nScreens=mirrored\n");
    Configuration c = read();
    EXPECT_EQ(c.display.refresh_limit, 30u);
    EXPECT_FALSE(c.output.mode);
    EXPECT_EQ(c.output.card, "");
    EXPECT_EQ(c.output.screens, "apart");
    ASSERT_EQ(warnings.size(), 6u);
    EXPECT_EQ(warnings[4].line, 9);
    EXPECT_EQ(warnings[5].sentence, "Screens must be one of apart, together; \"mirrored\" is not");
    EXPECT_EQ(warnings[0].file, (root / "etc/hvfbd.conf").string());
    EXPECT_EQ(warnings[0].line, 3);
    EXPECT_EQ(warnings[0].sentence, "RefreshLimit must be 0 to 1000; 1001 is not");
    EXPECT_EQ(warnings[1].line, 4);
    EXPECT_EQ(warnings[2].line, 6);
    EXPECT_EQ(warnings[3].line, 8);
}

TEST_F(ConfigurationFiles, take_a_stride_that_rows_can_have_and_no_other) {
    for (const char* text : {"-4", "3", "131076", "99999999999999999999", "", "4k"}) {
        write("etc/hvfbd.conf", std::string("[Output]\nStride=") + text + "\n");
        EXPECT_EQ(read().output.stride, 0u) << text;
        EXPECT_EQ(warnings.size(), 1u) << text;
    }
    write("etc/hvfbd.conf", "[Output]\nStride=131072\n");
    EXPECT_EQ(read().output.stride, 131072u);
    EXPECT_TRUE(warnings.empty());
}

TEST_F(ConfigurationFiles, that_are_no_configuration_warn_and_the_rest_of_them_counts) {
    write("etc/hvfbd.conf", "nonsense\n[Display]\nRefreshLimit=30\n");
    EXPECT_EQ(read().display.refresh_limit, 30u);
    ASSERT_EQ(warnings.size(), 1u);
    EXPECT_EQ(warnings[0].line, 1);
}

TEST_F(ConfigurationFiles, that_cannot_be_read_warn) {
    fs::create_directories(root / "etc/hvfbd.conf");
    read();
    EXPECT_EQ(warnings.size(), 1u);
}

}  // namespace
}  // namespace hvfbd
