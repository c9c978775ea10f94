#include "vnc/status_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace vnc {
namespace {

TEST(StatusTextTest, SaysWhoIsConnected) {
    EXPECT_EQ(status_text({}), "no client");
    EXPECT_EQ(status_text(std::vector<std::string>{"user 1, process 2"}), "1 client: user 1, process 2");
    EXPECT_EQ(status_text(std::vector<std::string>{"user 1, process 2", "::1 port 5"}),
              "2 clients: user 1, process 2; ::1 port 5");
}

TEST(StatusTextTest, OfManyItNamesTheFirst) {
    const std::vector<std::string> names(11, "a");
    EXPECT_EQ(status_text(names), "11 clients: a; a; a; a; a; a; a; a; and 3 more");
}

}  // namespace
}  // namespace vnc
