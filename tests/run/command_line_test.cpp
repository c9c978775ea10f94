#include "run/program/command_line.h"

#include <gtest/gtest.h>

namespace {

std::optional<int> parsed(run::CommandLine& line, std::vector<std::string> words) {
    words.insert(words.begin(), "hvfb-run");
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    static std::vector<std::vector<std::string>> kept;
    kept.push_back(std::move(words));
    return line.parse(static_cast<int>(pointers.size()), pointers.data());
}

std::vector<std::string> command(const run::CommandLine& line) {
    return {line.command.begin(), line.command.end()};
}

TEST(RunCommandLine, TheProgramsArgumentsAreItsOwn) {
    run::CommandLine line;
    EXPECT_FALSE(parsed(line, {"ffmpeg", "-re", "--help", "--", "--depth=7", "/dev/fb0"}));
    EXPECT_EQ(command(line),
              (std::vector<std::string>{"ffmpeg", "-re", "--help", "--", "--depth=7", "/dev/fb0"}));
}

TEST(RunCommandLine, OptionsComeBeforeTheProgram) {
    run::CommandLine line;
    EXPECT_FALSE(
        parsed(line, {"--display", "display1", "--depth=16", "--explain", "--", "--odd", "--vt=fake"}));
    EXPECT_EQ(line.display, "display1");
    EXPECT_EQ(line.depth, "16");
    EXPECT_EQ(line.terminal, "auto");
    EXPECT_TRUE(line.explain);
    EXPECT_EQ(command(line), (std::vector<std::string>{"--odd", "--vt=fake"}));
}

TEST(RunCommandLine, MistakesAreNoProgram) {
    for (const std::vector<std::string>& words :
         std::vector<std::vector<std::string>>{{},
                                               {"--"},
                                               {"--depth=8", "x"},
                                               {"--nonsense", "x"},
                                               {"--geometry=big", "x"},
                                               {"--method=other", "x"},
                                               {"--vt=maybe", "x"}}) {
        run::CommandLine line;
        EXPECT_EQ(parsed(line, words), 2);
    }
}

TEST(RunCommandLine, AGeometryIsASizeAndMaybeAScale) {
    for (const char* const text : {"640x480", "640x480@2", "640x480@fit", "8x8", "16384x16384@16"})
        EXPECT_TRUE(run::read_geometry(text)) << text;
    for (const char* const text :
         {"", "640", "640x", "x480", "640x480@", "640x480@0", "640x480@17", "640x480@f", "7x7", "0x0",
          "16385x1000", "640x480 ", "99999999999x480", "-640x480"})
        EXPECT_FALSE(run::read_geometry(text)) << text;
    EXPECT_EQ(run::read_geometry("640x480@2")->height, 480U);
}

}  // namespace
