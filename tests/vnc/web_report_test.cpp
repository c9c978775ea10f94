#include "vnc/web_report.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>

namespace {

using namespace std::chrono_literals;

TEST(WebReport, SaysWhatThereIs) {
    vnc::WebReport report;
    report.trouble = "a \"sentence\"";
    report.note = "another";
    report.viewers = {"one", "two"};
    report.frames = 7;
    report.rectangles = 9;
    report.pixels = 5'000'000'000;
    report.width = 1920;
    report.height = 1080;
    const vnc::Time now{100s};
    report.last_frame = now - 250ms;
    const auto said = nlohmann::json::parse(vnc::report_text(report, now));
    EXPECT_EQ(
        said,
        nlohmann::json::parse(
            R"({"trouble": "a \"sentence\"", "note": "another", "viewers": ["one", "two"], "frames": 7, "rectangles": 9,
        "pixels": 5000000000, "width": 1920, "height": 1080, "last_frame_ms_ago": 250.0})"));
}

TEST(WebReport, BeforeTheFirstFrameThereIsNoAge) {
    EXPECT_TRUE(nlohmann::json::parse(vnc::report_text({}, vnc::Time{1s}))["last_frame_ms_ago"].is_null());
}

TEST(WebReport, ANameThatIsNoTextEndsNothing) {
    vnc::WebReport report;
    report.viewers = {"\xff\xfe"};
    EXPECT_TRUE(nlohmann::json::accept(vnc::report_text(report, {})));
}

}  // namespace
