#include "common/did_you_mean.h"

#include <gtest/gtest.h>

#include <array>

namespace hvfbd {
namespace {

constexpr std::array<std::string_view, 5> commands = {"status", "set", "surfaces", "screenshot", "top"};

TEST(DidYouMean, CountsLettersThatAreAddedTakenAwayChangedOrSwapped) {
    EXPECT_EQ(misspellings("status", "status"), 0);
    EXPECT_EQ(misspellings("statuss", "status"), 1);
    EXPECT_EQ(misspellings("statu", "status"), 1);
    EXPECT_EQ(misspellings("stotus", "status"), 1);
    EXPECT_EQ(misspellings("stauts", "status"), 1);
    EXPECT_EQ(misspellings("", "status"), 6);
    EXPECT_EQ(misspellings("status", ""), 6);
}

TEST(DidYouMean, NamesTheNearestWordWhateverItsCase) {
    EXPECT_EQ(nearest("stauts", commands), "status");
    EXPECT_EQ(nearest("Surface", commands), "surfaces");
    EXPECT_EQ(nearest("refreshlimit", std::array<std::string_view, 2>{"RefreshMode", "RefreshLimit"}),
              "RefreshLimit");
}

TEST(DidYouMean, NamesTheWordThatWasBegun) {
    EXPECT_EQ(nearest("screen", commands), "screenshot");
    EXPECT_EQ(nearest("sc", commands), "");
}

TEST(DidYouMean, NamesNothingThatIsFarFromTheWord) {
    EXPECT_EQ(nearest("", commands), "");
    EXPECT_EQ(nearest("x", commands), "");
    EXPECT_EQ(nearest("x", std::array<std::string_view, 1>{"y"}), "");
    EXPECT_EQ(nearest("dance", commands), "");
    EXPECT_EQ(nearest(std::string(1 << 20, 'a'), commands), "");
    EXPECT_EQ(did_you_mean("dance", commands), "");
    EXPECT_EQ(did_you_mean("tpo", commands), "; did you mean \"top\"?");
}

}  // namespace
}  // namespace hvfbd
