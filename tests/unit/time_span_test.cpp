#include "common/time_span.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

namespace hvfbd {
namespace {

// What `systemd-analyze timespan` says.
constexpr std::array written =
    std::to_array<std::pair<std::uint64_t, const char*>>({{0, "0"},
                                                          {1, "1us"},
                                                          {350, "350us"},
                                                          {1000, "1ms"},
                                                          {1500, "1.500ms"},
                                                          {250000, "250ms"},
                                                          {1000000, "1s"},
                                                          {1500000, "1.500000s"},
                                                          {60000000, "1min"},
                                                          {60000001, "1min 1us"},
                                                          {61000000, "1min 1s"},
                                                          {90500000, "1min 30.500000s"},
                                                          {3600000000, "1h"}});

TEST(TimeSpan, IsWrittenAsSystemdWritesIt) {
    for (const auto& [microseconds, text] : written) EXPECT_EQ(time_span_text(microseconds), text);
}

TEST(TimeSpan, IsReadAsItIsWritten) {
    for (const auto& [microseconds, text] : written) EXPECT_EQ(time_span_in(text), microseconds) << text;
}

TEST(TimeSpan, IsReadInTheOtherWaysOfSystemd) {
    EXPECT_EQ(time_span_in("1s 500ms"), 1500000);
    EXPECT_EQ(time_span_in("1s500ms"), 1500000);
    EXPECT_EQ(time_span_in(" 2 min "), 120000000);
    EXPECT_EQ(time_span_in("1.5s"), 1500000);
    EXPECT_EQ(time_span_in("5 seconds"), 5000000);
    EXPECT_EQ(time_span_in("3\xc2\xb5s"), 3);
    EXPECT_EQ(time_span_in("7"), 7);
    EXPECT_EQ(time_span_in("7", 1000000), 7000000);
}

TEST(TimeSpan, IsNothingWhereTheTextIsNone) {
    for (const char* text : {"", " ", "fast", "ms", "1 parsec", "-1ms", "1.ms", ".5s", "1ms,", "99999999999d",
                             "18446744073709551615us 1us", "18446744073709551616"})
        EXPECT_EQ(time_span_in(text), std::nullopt) << text;
}

}  // namespace
}  // namespace hvfbd
