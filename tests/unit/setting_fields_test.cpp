#include "display/display_settings.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace hvfbd {
namespace {

std::string request_error(std::string_view name, std::string_view value) {
    DisplaySettings settings, before = settings;
    try {
        EXPECT_TRUE(set(settings, name, value));
    } catch (const RequestError& caught) {
        EXPECT_EQ(caught.kind(), RequestError::Kind::invalid_arguments);
        EXPECT_EQ(settings, before) << "a refused change changes nothing";
        return caught.what();
    }
    return "";
}

std::string said(const DisplaySettings& settings, std::string_view name) {
    for (const SettingField& field : setting_fields())
        if (field.setting.name == name) return get(settings, field);
    return "no setting " + std::string(name);
}

TEST(DisplaySettings, has_the_defaults_of_the_contract) {
    DisplaySettings settings;
    EXPECT_EQ(settings.refresh_limit, 20u);
    EXPECT_EQ(said(settings, "RefreshMode"), "on-demand");
    EXPECT_EQ(settings.settle_delay.count(), 1000);
    EXPECT_EQ(settings.idle_timeout.count(), 250000);
    EXPECT_EQ(said(settings, "Tracking"), "auto");
    EXPECT_EQ(settings.max_rects, 16u);
    EXPECT_EQ(said(settings, "WhenHidden"), "pause");
}

TEST(DisplaySettings, takes_both_ends_of_each_range_and_refuses_what_lies_beyond_naming_the_range) {
    struct Range {
        const char *name, *least, *most, *beyond;
    };
    for (auto [name, least, most, beyond] :
         {Range{"RefreshLimit", "0", "1000", "1001"}, Range{"SettleDelayUSec", "0", "1s", "1.000001s"},
          Range{"IdleTimeoutUSec", "0", "1min", "1min 1us"}, Range{"MaxRects", "1", "255", "256"}}) {
        EXPECT_EQ(request_error(name, least), "");
        EXPECT_EQ(request_error(name, most), "");
        EXPECT_EQ(request_error(name, beyond),
                  std::string(name) + " must be " + least + " to " + most + "; " + beyond + " is not");
        EXPECT_NE(request_error(name, "-1"), "");
        EXPECT_NE(request_error(name, ""), "");
        EXPECT_NE(request_error(name, "1x"), "");
        EXPECT_NE(request_error(name, "99999999999999999999"), "");
    }
    EXPECT_NE(request_error("MaxRects", "0"), "");
}

TEST(DisplaySettings, takes_spans_of_time_in_every_unit) {
    DisplaySettings settings;
    for (const char* text : {"2500", "2500us", "2.5ms", "2ms 500us", " 2.5 ms"}) {
        settings.settle_delay = {};
        EXPECT_TRUE(set(settings, "SettleDelayUSec", text));
        EXPECT_EQ(settings.settle_delay.count(), 2500) << text;
    }
    EXPECT_EQ(request_error("RefreshLimit", "20ms"), "RefreshLimit must be 0 to 1000; \"20ms\" is not");
}

TEST(DisplaySettings, takes_every_word_it_knows_and_names_them_when_it_is_given_another) {
    for (auto word : {"on-demand", "periodic"}) EXPECT_EQ(request_error("RefreshMode", word), "");
    for (auto word : {"auto", "fault", "scan", "compare"}) EXPECT_EQ(request_error("Tracking", word), "");
    for (auto word : {"pause", "ignore"}) EXPECT_EQ(request_error("WhenHidden", word), "");
    EXPECT_EQ(request_error("Tracking", "Scan"),
              "Tracking must be one of auto, fault, scan, compare; \"Scan\" is not");
}

TEST(DisplaySettings, knows_no_other_name) {
    DisplaySettings settings;
    EXPECT_FALSE(set(settings, "refreshlimit", "1"));
    EXPECT_FALSE(set(settings, "", ""));
}

// One that is not the default.
std::string another(const Setting& setting) {
    return to_text(setting, setting.usual == setting.most ? setting.least : setting.most);
}

TEST(DisplaySettings, has_every_setting_of_the_table_at_its_default) {
    ASSERT_EQ(setting_fields().size(), display_settings.size());
    for (const Setting& setting : display_settings)
        EXPECT_EQ(said(DisplaySettings(), setting.name), to_text(setting, setting.usual));
}

TEST(DisplaySettings, says_each_setting_of_the_table_that_differs_and_that_one_alone) {
    for (const Setting& setting : display_settings) {
        DisplaySettings changed, restored;
        ASSERT_TRUE(set(changed, setting.name, another(setting)));
        const auto kept = differences(DisplaySettings(), changed);
        ASSERT_EQ(kept.size(), 1u) << setting.name;
        EXPECT_EQ(kept.front(), std::pair(std::string(setting.name), another(setting)));
        EXPECT_TRUE(set(restored, kept.front().first, kept.front().second));
        EXPECT_EQ(restored, changed);
    }
}

TEST(DisplaySettings, takes_the_ends_of_every_range_of_the_table_and_nothing_beyond) {
    for (const Setting& setting : display_settings) {
        if (!setting.words.empty()) {
            for (const std::string& word : words_of(setting))
                EXPECT_EQ(request_error(setting.name, word), "");
            continue;
        }
        EXPECT_EQ(request_error(setting.name, std::to_string(setting.least)), "");
        EXPECT_EQ(request_error(setting.name, std::to_string(setting.most)), "");
        EXPECT_EQ(request_error(setting.name, std::to_string(setting.most + 1)),
                  std::string(setting.name) + " must be " + range_of(setting) + "; " +
                      shown(setting, setting.most + 1) + " is not");
    }
}

TEST(DisplaySettings, are_restored_by_the_names_that_the_version_before_saved) {
    for (const auto& [before, now] :
         {std::pair("SettleDelay", "SettleDelayUSec"), std::pair("IdleTimeout", "IdleTimeoutUSec"),
          std::pair("RefreshLimit", "RefreshLimit")}) {
        DisplaySettings settings;
        EXPECT_TRUE(set(settings, name_now(before), "17"));
        EXPECT_EQ(said(settings, now), "17");
    }
}

TEST(DisplaySettings, takes_times_by_their_keys_as_time_spans) {
    DisplaySettings settings;
    EXPECT_TRUE(set_by_key(settings, "SettleDelaySec", "2ms"));
    EXPECT_TRUE(set_by_key(settings, "IdleTimeoutSec", "0.5"));
    EXPECT_TRUE(set_by_key(settings, "MaxRects", "7"));
    EXPECT_EQ(settings.settle_delay.count(), 2000);
    EXPECT_EQ(settings.idle_timeout.count(), 500'000);
    EXPECT_EQ(settings.max_rects, 7U);
    EXPECT_FALSE(set_by_key(settings, "SettleDelayUSec", "2"));
    try {
        set_by_key(settings, "SettleDelaySec", "2");
        FAIL() << "it was taken";
    } catch (const RequestError& error) {
        EXPECT_STREQ(error.what(), "SettleDelaySec must be 0 to 1s; 2s is not");
    }
}

TEST(DisplaySettings, interval_is_the_reciprocal_of_the_limit) {
    DisplaySettings settings;
    EXPECT_EQ(settings.interval(), std::chrono::milliseconds(50));
    settings.refresh_limit = 0;
    EXPECT_EQ(settings.interval(), Duration::zero());
    settings.refresh_limit = 1000;
    EXPECT_EQ(settings.interval(), std::chrono::milliseconds(1));
}

}  // namespace
}  // namespace hvfbd
