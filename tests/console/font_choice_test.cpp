#include "console/font_choice.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace console {
namespace {

bool has(const std::vector<std::string>& files, const std::string& file) {
    return std::find(files.begin(), files.end(), file) != files.end();
}

TEST(FontChoice, is_what_setupcon_would_load) {
    const auto files =
        configured_fonts("", "# comment\nCODESET=\"Lat15\"\nFONTFACE='Terminus'\nFONTSIZE=\"16x32\"\n");
    EXPECT_EQ(files[1], "/usr/share/consolefonts/Lat15-Terminus32x16.psf.gz");
    EXPECT_TRUE(has(configured_fonts("", "CODESET=Lat2\nFONTFACE=VGA\nFONTSIZE=8x16"),
                    "/usr/share/consolefonts/Lat2-VGA16.psf.gz"));
    EXPECT_TRUE(has(configured_fonts("", "CODESET=guess\nFONTFACE=Fixed\nFONTSIZE="),
                    "/usr/share/consolefonts/Uni2-Fixed16.psf.gz"));
    EXPECT_EQ(configured_fonts("", "CODESET=guess\nFONTFACE=guess\n"), std::vector<std::string>{});
}

TEST(FontChoice, of_a_file_named_there_comes_first_and_that_of_systemd_before_it) {
    const auto files = configured_fonts("FONT=ter-v16n # of kbd\n", "FONT=other.psf.gz\nFONTFACE=VGA\n");
    EXPECT_TRUE(has(files, "/usr/share/kbd/consolefonts/ter-v16n.psf.gz"));
    EXPECT_TRUE(has(files, "/usr/share/consolefonts/other.psf.gz"));
    EXPECT_EQ(files.front(), "/usr/share/consolefonts/ter-v16n");
}

TEST(FontChoice, without_anything_configured_is_none) {
    EXPECT_EQ(configured_fonts("", ""), std::vector<std::string>{});
    EXPECT_EQ(configured_fonts("KEYMAP=de\nFONT=\n", "=\n==\nFONT\n\"\n"), std::vector<std::string>{});
}

TEST(FontChoice, of_a_path_is_that_file_and_not_one_of_the_folders) {
    EXPECT_EQ(files_of_font("./my.psf").front(), "./my.psf");
    EXPECT_FALSE(has(files_of_font("./my.psf"), "/usr/share/consolefonts/my.psf"));
}

}  // namespace
}  // namespace console
