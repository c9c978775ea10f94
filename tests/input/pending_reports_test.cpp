// When the kernel takes what is typed by uhid.
#include "input/pending_reports.h"

#include <gtest/gtest.h>

#include <vector>

namespace input {
namespace {

using namespace std::chrono_literals;
using Waiting = PendingReports::Reports;

const Time began{1h};
const HidReports::Report first = {1}, second = {2};

TEST(PendingReports, WaitUntilTheDriverHasHadTimeAndKeepTheirOrder) {
    PendingReports pending(began);
    pending.add({first});
    pending.driver_began(began + 3s);
    pending.add({second});
    EXPECT_EQ(pending.take(began + 3s), Waiting{});
    EXPECT_EQ(pending.due(), began + 3s + PendingReports::settling);
    EXPECT_EQ(pending.take(*pending.due()), (Waiting{first, second}));
    EXPECT_EQ(pending.due(), std::nullopt);
}

TEST(PendingReports, GoAtOnceWhereTheDriverIsThere) {
    PendingReports pending(began);
    pending.driver_began(began);
    pending.take(began + PendingReports::settling);
    pending.add({first});
    EXPECT_EQ(pending.take(began + PendingReports::settling), Waiting{first});
    EXPECT_EQ(pending.take(began + 1h), Waiting{});
}

TEST(PendingReports, SayWhenNoDriverCame) {
    PendingReports pending(began);
    EXPECT_EQ(pending.due(), began + PendingReports::timeout);
    EXPECT_FALSE(pending.has_no_driver(*pending.due() - 1ms));
    EXPECT_TRUE(pending.has_no_driver(*pending.due()));
    pending.driver_began(began + 1s);
    EXPECT_FALSE(pending.has_no_driver(began + 1h));
}

TEST(PendingReports, AreNotMoreThanTheMemoryThatTheyMayHave) {
    PendingReports pending(began);
    for (std::size_t i = 0; i < 2 * PendingReports::most; ++i) pending.add({first});
    pending.driver_began(began);
    EXPECT_EQ(pending.take(began + 1s).size(), PendingReports::most);
}

}  // namespace
}  // namespace input
