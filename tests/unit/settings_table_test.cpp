#include "common/settings_table.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

const Setting& named(std::string_view name) {
    const Setting* found = setting_named(name);
    EXPECT_NE(found, nullptr) << name;
    return found ? *found : log_level_setting;
}

TEST(SettingsTable, finds_each_setting_by_its_name_and_that_of_the_log_as_well) {
    for (const Setting& setting : display_settings) EXPECT_EQ(setting_named(setting.name), &setting);
    EXPECT_EQ(setting_named("LogLevel"), &log_level_setting);
    for (const char* none : {"", "loglevel", "Level", "SettleDelaySec"})
        EXPECT_EQ(setting_named(none), nullptr) << none;
}

TEST(SettingsTable, finds_each_setting_of_a_display_by_its_key) {
    for (const Setting& setting : display_settings) EXPECT_EQ(setting_with_key(setting.key), &setting);
    for (const char* none : {"", "maxrects", "Level", "SettleDelayUSec"})
        EXPECT_EQ(setting_with_key(none), nullptr) << none;
}

TEST(SettingsTable, says_what_is_wrong_with_a_value_and_what_would_be_right) {
    struct Case {
        const char *name, *value, *sentence;
    };
    for (const auto& [name, value, sentence] :
         {Case{"MaxRects", "16", ""}, Case{"MaxRects", "", "MaxRects must be 1 to 255; nothing is not"},
          Case{"MaxRects", "256", "MaxRects must be 1 to 255; 256 is not"},
          Case{"MaxRects", "x", "MaxRects must be 1 to 255; \"x\" is not"},
          Case{"IdleTimeoutUSec", "", "IdleTimeoutUSec must be 0 to 1min; nothing is not"},
          Case{"IdleTimeoutUSec", "2min", "IdleTimeoutUSec must be 0 to 1min; 2min is not"},
          Case{"WhenHidden", "pause", ""},
          Case{"WhenHidden", "", "WhenHidden must be one of pause, ignore; \"\" is not"},
          Case{"WhenHidden", "0", "WhenHidden must be one of pause, ignore; \"0\" is not"}})
        EXPECT_EQ(what_is_wrong(named(name), value), sentence);
    EXPECT_EQ(what_is_wrong(named("MaxRects"), "0", "--rects"), "--rects must be 1 to 255; 0 is not");
}

TEST(SettingsTable, lists_the_words_of_a_setting_and_none_of_one_of_numbers) {
    EXPECT_EQ(words_of(named("Tracking")), (std::vector<std::string>{"auto", "fault", "scan", "compare"}));
    EXPECT_TRUE(words_of(named("MaxRects")).empty());
}

TEST(SettingsTable, has_a_text_for_each_value_of_a_setting_and_an_empty_one_beyond_its_words) {
    EXPECT_EQ(to_text(named("MaxRects"), 7), "7");
    EXPECT_EQ(to_text(named("RefreshMode"), 1), "periodic");
    EXPECT_EQ(to_text(named("RefreshMode"), 2), "");
    EXPECT_EQ(to_text(named("RefreshMode"), 3), "");
}

}  // namespace
}  // namespace hvfbd
