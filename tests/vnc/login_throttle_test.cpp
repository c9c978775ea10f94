#include "vnc/login_throttle.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

#include "vnc/who_gives_way.h"

namespace {

using namespace std::chrono_literals;
using vnc::LoginThrottle;
using vnc::Time;

const Time start = Time{} + 1h, never = Time::max();

TEST(LoginThrottleTest, TheFirstLoginIsCheckedAtOnceAndOthersFromThereAMomentLater) {
    LoginThrottle throttle;
    EXPECT_EQ(throttle.reserve("a", start, never), start);
    EXPECT_EQ(throttle.reserve("a", start, never), start + LoginThrottle::usual);
    EXPECT_EQ(throttle.reserve("b", start, never), start) << "from elsewhere";
}

TEST(LoginThrottleTest, EachFailureDoublesThePauseUpToHalfAMinute) {
    LoginThrottle throttle;
    Time now = throttle.reserve("a", start, never);
    for (const auto pause : {1s, 1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s}) {
        throttle.failed("a", now);
        const Time next = throttle.reserve("a", now, never);
        EXPECT_EQ(next - now, pause);
        now = next;
    }
}

TEST(LoginThrottleTest, ManyAtOnceAreAsSlowAsOneAfterTheOther) {
    LoginThrottle throttle;
    throttle.reserve("a", start, never);
    for (int i = 0; i < 3; ++i) throttle.failed("a", start);
    EXPECT_EQ(throttle.reserve("a", start, never), start + 1s);
    EXPECT_EQ(throttle.reserve("a", start, never), start + 5s);
    EXPECT_EQ(throttle.reserve("a", start, never), start + 9s);
}

TEST(LoginThrottleTest, WhoComesWithoutEndHasNobodyWaitLongerThanTheyWould) {
    LoginThrottle throttle;
    throttle.reserve("a", start, never);
    for (int i = 0; i < 8; ++i) throttle.failed("a", start);
    for (int i = 0; i < 1000; ++i) throttle.reserve("a", start, start + 2min);
    const Time next = throttle.reserve("a", start, start + 2min);
    EXPECT_GT(next, start + 2min);
    EXPECT_LE(next, start + 2min + LoginThrottle::longest);
    EXPECT_EQ(throttle.reserve("a", start, start + 2min), next) << "not reserved";
}

TEST(LoginThrottleTest, ALoginThatSucceedsForgetsTheFailures) {
    LoginThrottle throttle;
    throttle.reserve("a", start, never);
    for (int i = 0; i < 8; ++i) throttle.failed("a", start);
    throttle.succeeded("a");
    const Time next = throttle.reserve("a", start + 1s, never);
    EXPECT_EQ(throttle.reserve("a", next, never), next + LoginThrottle::usual);
}

TEST(LoginThrottleTest, FailuresAreRememberedForAQuarterOfAnHour) {
    LoginThrottle throttle;
    throttle.reserve("a", start, never);
    throttle.failed("a", start);
    throttle.failed("a", start);
    EXPECT_EQ(throttle.reserve("a", start + 14min, never), start + 14min);
    EXPECT_EQ(throttle.reserve("a", start + 14min, never), start + 14min + 2s);
    const Time late = start + 14min + 4s + LoginThrottle::remembered + 1s;
    throttle.reserve("a", late, never);
    EXPECT_EQ(throttle.reserve("a", late, never), late + LoginThrottle::usual);
}

TEST(LoginThrottleTest, WhoFailedIsNotForgottenForManyWhoDidNot) {
    LoginThrottle throttle;
    throttle.reserve("guessing", start, never);
    throttle.failed("guessing", start);
    throttle.failed("guessing", start);
    for (std::size_t i = 0; i < 2 * LoginThrottle::most_sources; ++i)
        throttle.reserve("other" + std::to_string(i), start + 5s, never);
    EXPECT_EQ(throttle.sources(), LoginThrottle::most_sources);
    throttle.reserve("guessing", start + 5s, never);
    EXPECT_EQ(throttle.reserve("guessing", start + 5s, never), start + 7s);
}

TEST(LoginThrottleTest, ASourceIsAnAddressOfIPv4AndANetworkOfIPv6) {
    EXPECT_EQ(vnc::source_of("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(vnc::source_of("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(vnc::source_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(vnc::source_of("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64");
    EXPECT_EQ(vnc::source_of("fe80::1%eth0"), "fe80::/64");
    EXPECT_EQ(vnc::source_of("of the network"), "of the network");
}

TEST(WhoGivesWayTest, IsTheFirstOfTheSourceThatHasTheMost) {
    const auto chosen = [](const auto&... sources) {
        const std::array<std::string, sizeof...(sources)> all = {sources...};
        return vnc::who_gives_way(all);
    };
    EXPECT_EQ(chosen("a"), 0U);
    EXPECT_EQ(chosen("a", "b", "b"), 1U);
    EXPECT_EQ(chosen("a", "b", "c", "c", "b", "b"), 1U);
    EXPECT_EQ(chosen("a", "b", "c"), 0U) << "nobody has more: the first";
}

}  // namespace
