#include "console/command_line.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace console {
namespace {

using Words = std::vector<std::string>;

struct ConsoleCommandLine : testing::Test {
    CommandLine line;

    std::optional<int> parse(std::vector<const char*> words) {
        words.insert(words.begin(), "hvfb-console");
        return line.parse(static_cast<int>(words.size()), words.data());
    }
};

TEST_F(ConsoleCommandLine, without_a_command_is_a_background_with_the_name_console) {
    EXPECT_EQ(parse({"--scale=2"}), std::nullopt);
    EXPECT_EQ(line.command, Words{});
    EXPECT_TRUE(line.surface_options().background);
    EXPECT_EQ(line.surface_options().name, "console");
    EXPECT_EQ(line.appearance().scale, 2U);
}

TEST_F(ConsoleCommandLine, has_a_command_behind_two_dashes_whose_words_are_its_own) {
    EXPECT_EQ(parse({"--bus", "session", "--", "/usr/bin/journalctl", "-f", "--", "--scale=2"}),
              std::nullopt);
    EXPECT_EQ(line.command, (Words{"/usr/bin/journalctl", "-f", "--", "--scale=2"}));
    EXPECT_EQ(line.appearance().scale, 0U);
    const SurfaceOptions surface = line.surface_options();
    EXPECT_FALSE(surface.background);
    EXPECT_EQ(surface.name, "journalctl");
    EXPECT_EQ(surface.bus, "session");
}

TEST_F(ConsoleCommandLine, lets_nobody_type_where_there_is_no_command) {
    EXPECT_EQ(parse({"--input=/run/keys", "--", "sh"}), std::nullopt);
    EXPECT_EQ(line.input, "/run/keys");
    CommandLine other;
    const char* const words[] = {"hvfb-console", "--input=/run/keys"};
    EXPECT_EQ(other.parse(2, words), 2);
}

TEST_F(ConsoleCommandLine, says_the_layer) {
    EXPECT_EQ(parse({"--layer=background", "--", "top"}), std::nullopt);
    EXPECT_TRUE(line.surface_options().background);
    CommandLine other;
    const char* const words[] = {"hvfb-console", "--layer=normal"};
    EXPECT_EQ(other.parse(2, words), std::nullopt);
    EXPECT_FALSE(other.surface_options().background);
}

TEST_F(ConsoleCommandLine, names_no_surface_by_what_is_no_name) {
    for (const std::string& name : {std::string(), std::string("/"), std::string(65, 'a'),
                                    std::string("a\nb"), std::string("\xc3\x28")}) {
        line.command = {name};
        EXPECT_EQ(line.surface_options().name, "console") << name;
    }
    line.command = {std::string(64, 'a')};
    EXPECT_EQ(line.surface_options().name, std::string(64, 'a'));
}

TEST_F(ConsoleCommandLine, refuses_a_command_that_is_not_there_or_not_behind_two_dashes) {
    EXPECT_EQ(parse({"--"}), 2);
    EXPECT_EQ(parse({"top"}), 2);
}

}  // namespace
}  // namespace console
