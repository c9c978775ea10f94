#include "hvfbctl/top_layout.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace hvfbctl {
namespace {

TopContent content() {
    TopContent content;
    content.head = "display0: memory output";
    content.rates = {{"frames/s", "20", 1, {5, 10, 20}}, {"pixels told/s", "1.23 M", 0.5, {0, 0, 1}}};
    content.stages = {{"copy", "0.10 %", 0.001, {1, 1}}, {"first frame", "1.65 ms", -1, {}}};
    content.surfaces = {"#  name", "1  drawing"};
    return content;
}

std::vector<std::string> texts(const TopContent& what, std::size_t width, std::size_t height,
                               bool unicode = true) {
    std::vector<std::string> lines;
    for (const TopLine& line : lay_out(what, width, height, unicode)) lines.push_back(line.text);
    return lines;
}

TEST(TopLayout, ShowsEverythingWhereThereIsRoom) {
    EXPECT_EQ(texts(content(), 60, 20), (std::vector<std::string>{
                                            "display0: memory output",
                                            "",
                                            "frames/s             20  ████████████████                ▂▄█",
                                            "pixels told/s    1.23 M  ████████                          █",
                                            "",
                                            "copy             0.10 %  ▏                                ██",
                                            "first frame     1.65 ms",
                                            "",
                                            "#  name",
                                            "1  drawing",
                                        }));
}

TEST(TopLayout, IsAsciiWhereTheLocaleIs) {
    TopContent what = content();
    what.surfaces = {"1  dr\xc3\xa4wing \xe2\x82\xac"};
    const auto lines = texts(what, 60, 20, false);
    EXPECT_EQ(lines[2], "frames/s             20  ################                .:#");
    EXPECT_EQ(lines.back(), "1  dr?wing ?");
    for (const std::string& line : lines)
        EXPECT_TRUE(std::ranges::all_of(line, [](unsigned char c) { return c < 0x80; })) << line;
}

TEST(TopLayout, LeavesOutHistoryThenBarsWhereTheWindowIsNarrow) {
    EXPECT_EQ(texts(content(), 40, 20)[2], "frames/s             20  ███████████████");
    EXPECT_EQ(texts(content(), 30, 20)[2], "frames/s             20");
    EXPECT_EQ(texts(content(), 10, 20)[4], "frames/s");
}

TEST(TopLayout, LeavesOutEmptyLinesAndThenWhatStandsFurthestDownWhereTheWindowIsLow) {
    const auto lines = texts(content(), 60, 7);
    ASSERT_EQ(lines.size(), 7);
    EXPECT_EQ(std::ranges::count(lines, ""), 0);
    EXPECT_EQ(lines.back(), "1  drawing");
    EXPECT_EQ(texts(content(), 60, 2).size(), 2);
    EXPECT_EQ(texts(content(), 60, 2)[1].substr(0, 8), "frames/s");
    EXPECT_EQ(texts(content(), 60, 9).size(), 9);
    EXPECT_TRUE(texts(content(), 60, 0).empty());
}

TEST(TopLayout, SaysWhyNothingIsShownBelowTheHeadInAsManyLinesAsThatTakes) {
    TopContent what = content();
    what.reason = "hidden: nobody looks; open a viewer";
    const auto lines = lay_out(what, 24, 30, true);
    EXPECT_EQ(lines[0], (TopLine{"display0: memory output", Colour::bold}));
    EXPECT_EQ(lines[1], (TopLine{"hidden: nobody looks;", Colour::yellow}));
    EXPECT_EQ(lines[2], (TopLine{"open a viewer", Colour::yellow}));
}

TEST(TopLayout, NeverHasALineThatIsTooLongNorTooManyLines) {
    TopContent what = content();
    what.reason = "a\xe4\xb8\xad\xe6\x96\x87 reason that is long, and averyverylongwordwithoutanyblank in it";
    what.surfaces.emplace_back("2  \xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87");
    for (std::size_t width = 0; width < 80; ++width)
        for (std::size_t height = 0; height < 20; ++height)
            for (const bool unicode : {false, true}) {
                const auto lines = lay_out(what, width, height, unicode);
                EXPECT_LE(lines.size(), height);
                for (const TopLine& line : lines) EXPECT_LE(columns_of(line.text), width) << line.text;
            }
}

TEST(TopLayout, CountsTheColumnsOfWideCharactersAndOfThoseThatStandAboveOthers) {
    EXPECT_EQ(columns_of("abc"), 3);
    EXPECT_EQ(columns_of("\xe4\xb8\xad\xe6\x96\x87"), 4);
    EXPECT_EQ(columns_of("e\xcc\x81"), 1);
    EXPECT_EQ(clipped("\xe4\xb8\xad\xe6\x96\x87", 3), "\xe4\xb8\xad");
    EXPECT_EQ(clipped("abc", 2), "ab");
    EXPECT_EQ(columns_of("\xe4"), 1) << "a character that is cut off";
}

TEST(TopLayout, HasABarForWhatIsNotNothingAndNoneForNothing) {
    EXPECT_EQ(bar(0, 8, true), "");
    EXPECT_EQ(bar(0.0001, 8, true), "▏");
    EXPECT_EQ(bar(0.5, 8, true), "████");
    EXPECT_EQ(bar(7, 2, true), "██");
    EXPECT_EQ(bar(0.0001, 8, false), "#");
    EXPECT_EQ(bar(-1, 8, false), "");
}

TEST(TopLayout, HasAHistoryAsHighAsItsHighestValue) {
    EXPECT_EQ(sparkline({1, 2, 4, 8}, 4, true), "▁▂▄█");
    EXPECT_EQ(sparkline({1, 2, 4, 8}, 2, true), "▄█");
    EXPECT_EQ(sparkline({8}, 3, true), "  █");
    EXPECT_EQ(sparkline({0, 0}, 2, true), "  ");
    EXPECT_EQ(sparkline({}, 2, true), "  ");
}

}  // namespace
}  // namespace hvfbctl
