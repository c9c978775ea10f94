#include "system/status_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace hvfbd {
namespace {

TEST(AStatusText, says_the_problem_of_each_display_and_that_there_is_none) {
    std::vector<std::string> told;
    StatusText status([&](const std::string& text) { told.push_back(text); });
    Observer& first = status.add("display0");
    Observer& second = status.add("display1");
    first.problem_changed("no card");
    EXPECT_TRUE(told.empty()) << "before the service is ready";
    status.begin();
    EXPECT_EQ(told.back(), "display0: no card");
    second.problem_changed("no memory");
    EXPECT_EQ(told.back(), "display0: no card; display1: no memory");
    first.problem_changed("");
    EXPECT_EQ(told.back(), "display1: no memory");
    second.problem_changed("");
    EXPECT_EQ(told.back(), "2 displays, no problem");
}

TEST(AStatusText, says_what_of_the_configuration_does_not_count_and_no_more_when_it_is_mended) {
    std::string told;
    StatusText status([&](const std::string& text) { told = text; });
    Observer& display = status.add("display0");
    status.set_configuration_warnings({"a.conf:1: wrong"});
    EXPECT_TRUE(told.empty()) << "before the service is ready";
    status.begin();
    EXPECT_EQ(told, "1 display, no problem; configuration warning: a.conf:1: wrong");
    display.problem_changed("no card");
    EXPECT_EQ(told, "display0: no card; configuration warning: a.conf:1: wrong");
    status.set_configuration_warnings({"a.conf:1: wrong", "b.conf:2: wrong"});
    EXPECT_EQ(told,
              "display0: no card; 2 configuration warnings (hvfbctl status shows all): a.conf:1: wrong");
    status.set_configuration_warnings({});
    EXPECT_EQ(told, "display0: no card");
}

TEST(AStatusText, is_one_line_whatever_a_problem_says) {
    std::string told;
    StatusText status([&](const std::string& text) { told = text; });
    Observer& display = status.add("display0");
    status.begin();
    EXPECT_EQ(told, "1 display, no problem");
    display.problem_changed("a\nMAINPID=1");
    EXPECT_EQ(told, "display0: a MAINPID=1");
}

}  // namespace
}  // namespace hvfbd
