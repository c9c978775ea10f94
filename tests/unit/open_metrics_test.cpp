#include "hvfbctl/open_metrics.h"

#include <gtest/gtest.h>

namespace hvfbctl {
namespace {

TEST(OpenMetrics, HasTypeUnitAndHelpOfEachFamilyAndAnEnd) {
    OpenMetrics out;
    out.family("hvfbd_frames", OpenMetrics::Type::counter, "", "Presents");
    out.sample({{"display", "display0"}}, 7);
    out.family("hvfbd_copy", OpenMetrics::Type::counter, "seconds", "Time");
    out.sample_of_nanoseconds({}, 1'500'000'007);
    out.family("hvfbd_up", OpenMetrics::Type::gauge, "", "Whether it answers");
    out.sample({}, 1);
    EXPECT_EQ(out.text(),
              "# TYPE hvfbd_frames counter\n# HELP hvfbd_frames Presents\n"
              "hvfbd_frames_total{display=\"display0\"} 7\n"
              "# TYPE hvfbd_copy_seconds counter\n# UNIT hvfbd_copy_seconds seconds\n"
              "# HELP hvfbd_copy_seconds Time\nhvfbd_copy_seconds_total 1.500000007\n"
              "# TYPE hvfbd_up gauge\n# HELP hvfbd_up Whether it answers\nhvfbd_up 1\n# EOF\n");
}

TEST(OpenMetrics, EscapesWhatLabelsMayHold) {
    OpenMetrics out;
    out.family("a", OpenMetrics::Type::gauge, "", "b");
    out.sample({{"name", "a\"b\\c\nd"}, {"other", ""}}, 1);
    EXPECT_NE(out.text().find("a{name=\"a\\\"b\\\\c\\nd\",other=\"\"} 1\n"), std::string::npos);
}

}  // namespace
}  // namespace hvfbctl
