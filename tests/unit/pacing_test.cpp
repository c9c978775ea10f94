#include <gtest/gtest.h>

#include "pacing/holds.h"
#include "pacing/lookout.h"
#include "pacing/pacer.h"

namespace hvfbd {
namespace {

using namespace std::chrono_literals;
using Kind = Decision::Kind;
constexpr Time now{10h};

Facts facts() {
    Facts facts;
    facts.interval = 50ms;
    facts.settle = 1ms;
    return facts;
}

TEST(Pacer, rests_when_nothing_is_known) {
    EXPECT_EQ(decide(facts(), now).kind, Kind::rest);
}

TEST(Pacer, presents_the_first_damage_after_rest_when_it_has_settled_and_not_an_interval_later) {
    Facts f = facts();
    f.last_present = now - 1h;
    f.damaged_since = now;
    EXPECT_EQ(decide(f, now), (Decision{Kind::wake, now + 1ms}));
    EXPECT_EQ(decide(f, now + 1ms).kind, Kind::present);
}

TEST(Pacer, keeps_the_interval_between_presents) {
    Facts f = facts();
    f.last_present = now;
    f.damaged_since = now + 2ms;
    EXPECT_EQ(decide(f, now + 10ms), (Decision{Kind::wake, now + 50ms}));
    EXPECT_EQ(decide(f, now + 50ms).kind, Kind::present);
}

TEST(Pacer, does_not_wait_where_there_is_no_limit_but_for_the_settling) {
    Facts f = facts();
    f.interval = 0ms;
    f.last_present = now;
    f.damaged_since = now;
    EXPECT_EQ(decide(f, now), (Decision{Kind::wake, now + 1ms}));
    f.settle = 0ms;
    EXPECT_EQ(decide(f, now).kind, Kind::present);
}

TEST(Pacer, presents_nothing_while_it_is_held_and_at_once_when_the_last_hold_ends) {
    Facts f = facts();
    f.damaged_since = now - 1s;
    f.periodic = true;
    f.holds = 2;
    EXPECT_EQ(decide(f, now).kind, Kind::rest);
    f.holds = 1;
    EXPECT_EQ(decide(f, now).kind, Kind::rest);
    f.holds = 0;
    EXPECT_EQ(decide(f, now).kind, Kind::present);
}

TEST(Pacer, looks_when_it_was_asked_to_and_takes_the_earlier_of_two_reasons) {
    Facts f = facts();
    f.look_at = now + 20ms;
    EXPECT_EQ(decide(f, now), (Decision{Kind::wake, now + 20ms}));
    f.damaged_since = now;
    EXPECT_EQ(decide(f, now), (Decision{Kind::wake, now + 1ms}));
    f.look_at = now - 1ms;
    EXPECT_EQ(decide(f, now).kind, Kind::present);
    f.last_present = now - 1ms;
    EXPECT_EQ(decide(f, now), (Decision{Kind::wake, now + 49ms}));
}

TEST(Pacer, presents_periodically_at_the_limit) {
    Facts f = facts();
    f.periodic = true;
    EXPECT_EQ(decide(f, now).kind, Kind::present);
    f.last_present = now;
    EXPECT_EQ(decide(f, now), (Decision{Kind::wake, now + 50ms}));
    f.interval = 0ms;
    EXPECT_EQ(decide(f, now), (Decision{Kind::wake, now + 50ms})) << "unthrottled is not without end";
}

TEST(Lookout, looks_as_often_as_the_limit_allows_while_it_finds_something) {
    Lookout lookout;
    for (int i = 0; i < 5; ++i) EXPECT_EQ(lookout.next(true, 20ms, 250ms), 20ms);
}

TEST(Lookout, backs_off_while_it_finds_nothing_and_starts_anew_when_it_does) {
    Lookout lookout;
    EXPECT_EQ(lookout.next(false, 20ms, 250ms), 20ms);
    EXPECT_EQ(lookout.next(false, 20ms, 250ms), 40ms);
    EXPECT_EQ(lookout.next(false, 20ms, 250ms), 80ms);
    EXPECT_EQ(lookout.next(false, 20ms, 250ms), 160ms);
    EXPECT_EQ(lookout.next(false, 20ms, 250ms), 250ms);
    EXPECT_EQ(lookout.next(false, 20ms, 250ms), 250ms);
    EXPECT_EQ(lookout.next(true, 20ms, 250ms), 20ms);
    lookout.next(false, 20ms, 250ms);
    lookout.reset();
    EXPECT_EQ(lookout.next(false, 20ms, 250ms), 20ms);
}

TEST(Lookout, is_never_faster_than_the_limit_nor_than_a_millisecond) {
    Lookout lookout;
    EXPECT_EQ(lookout.next(false, 1s, 250ms), 1s);
    lookout.reset();
    EXPECT_EQ(lookout.next(true, 0ms, 250ms), 1ms);
}

TEST(Retry, allows_some_empty_looks_and_again_after_a_find) {
    Retry retry;
    EXPECT_EQ(retry.next(), 50us);
    EXPECT_EQ(retry.next(), 100us);
    for (unsigned i = 2; i < Retry::most; ++i) EXPECT_EQ(retry.next(), 150us);
    EXPECT_FALSE(retry.next());
    retry.reset();
    EXPECT_EQ(retry.next(), 50us);
}

TEST(Holds, are_counted_by_their_reason) {
    Holds holds;
    holds.set(Holds::Reason::hidden, true);
    holds.set(Holds::Reason::hidden, true);
    holds.set(Holds::Reason::client_frame, true);
    EXPECT_EQ(holds.count(), 2u);
    EXPECT_TRUE(holds.held(Holds::Reason::hidden));
    EXPECT_FALSE(holds.held(Holds::Reason::no_front));
    holds.set(Holds::Reason::hidden, false);
    EXPECT_EQ(holds.count(), 1u);
}

}  // namespace
}  // namespace hvfbd
