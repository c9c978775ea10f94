// When what was reported is compared again, under a clock of the test's.
#include "display/recheck.h"

#include <gtest/gtest.h>

#include <vector>

namespace hvfbd {
namespace {

using namespace std::chrono_literals;

struct ARecheck : testing::Test {
    const Layout layout = layout_for({320, 200});
    Recheck late;
    Time now = Time(100s);

    void report(bool suspicious, Rectangle where = {0, 0, 10, 10}) {
        DamageHints hints(layout);
        hints.add_rectangle(where);
        late.reported(hints, layout, suspicious, now);
    }
    // Lets time pass until nothing is due any more, at most until `end`; a write lands at `lands`. When it
    // was compared, after the beginning.
    std::vector<Duration> pass(Duration most, std::optional<Duration> lands = std::nullopt) {
        std::vector<Duration> compared;
        Time begin = now;
        while (late.due() && *late.due() - begin <= most) {
            now = *late.due();
            compared.push_back(now - begin);
            bool found = lands && now - begin >= *lands;
            if (found) lands.reset();
            late.compared(found, now);
        }
        now = std::max(now, begin + most);
        return compared;
    }
};

TEST_F(ARecheck, what_did_not_differ_is_compared_for_some_seconds_and_then_no_more) {
    report(true);
    auto compared = pass(60s);
    EXPECT_EQ(compared,
              (std::vector<Duration>{20ms, 60ms, 140ms, 300ms, 620ms, 1260ms, 2540ms, Recheck::longest}));
    EXPECT_FALSE(late.due());
}

// It may have been the first piece of a picture.
TEST_F(ARecheck, what_did_differ_is_compared_as_long_but_less_often) {
    report(true);
    pass(60s);
    report(false);
    EXPECT_EQ(pass(60s), (std::vector<Duration>{20ms, 100ms, 420ms, 1700ms, Recheck::longest}));
}

TEST_F(ARecheck, what_did_not_differ_is_compared_as_often_though_something_else_did) {
    report(true);
    report(false);
    EXPECT_EQ(pass(100ms), (std::vector<Duration>{20ms, 60ms}));
}

TEST_F(ARecheck, of_what_only_stores_wakes_as_often_as_is_allowed_and_not_once_less) {
    for (unsigned left = Recheck::allowance; left > 0; --left) {
        report(false);
        EXPECT_EQ(*late.due(), now + Recheck::first) << left;
        const Time until = now + Recheck::longest;
        late.compared(false, now = *late.due());
        EXPECT_EQ(*late.due(), left > 1 ? now + 4 * Recheck::first : until) << left;
    }
    report(false);
    EXPECT_EQ(*late.due(), now + Recheck::without_allowance);
}

TEST_F(ARecheck, is_where_something_was_reported_until_it_ends) {
    EXPECT_TRUE(late.where().empty());
    auto where = [&] {
        auto rectangles = late.where();
        return std::vector<Rectangle>(rectangles.begin(), rectangles.end());
    };
    report(false, {1, 2, 3, 4});
    EXPECT_EQ(where(), (std::vector<Rectangle>{{1, 2, 3, 4}}));
    now += Recheck::longest;
    report(false, {5, 6, 7, 8});
    EXPECT_EQ(where(), (std::vector<Rectangle>{{1, 2, 3, 4}, {5, 6, 7, 8}}));
    pass(60s);
    EXPECT_TRUE(late.where().empty());
    report(false, {9, 9, 10, 10});
    EXPECT_EQ(where(), (std::vector<Rectangle>{{9, 9, 10, 10}}));
    now += Recheck::longest;
    report(false, {5, 6, 7, 8});
    EXPECT_EQ(where(), (std::vector<Rectangle>{{5, 6, 7, 8}, {9, 9, 10, 10}})) << "what was before is gone";
}

TEST_F(ARecheck, what_is_found_late_is_looked_for_at_short_intervals_from_then_on) {
    report(false);
    pass(1s);
    late.compared(true, now);
    EXPECT_EQ(pass(100ms), (std::vector<Duration>{20ms, 60ms}));
}

TEST_F(ARecheck, where_something_was_found_late_it_is_compared_for_some_seconds_more) {
    auto there = [&] {
        bool found = false;
        for (const Rectangle& rectangle : late.where())
            found |= !intersection(rectangle, {5, 5, 6, 6}).empty();
        return found;
    };
    report(false, {5, 5, 6, 6});
    for (unsigned second = 1; second <= 9; ++second) {
        now += 1s;
        report(false, {100, 100, 110, 110});
    }
    late.compared(true, now);
    for (unsigned second = 1; second < 5; ++second) {
        now += 1s;
        report(false, {100, 100, 110, 110});
        EXPECT_TRUE(there()) << second;
    }
}

TEST_F(ARecheck, rides_with_a_frame_from_when_it_is_due_and_only_every_two_seconds_where_frames_come_anyhow) {
    EXPECT_FALSE(late.rides(false, now));
    report(false);
    EXPECT_FALSE(late.rides(false, now));
    now += Recheck::first;
    EXPECT_TRUE(late.rides(false, now));
    EXPECT_FALSE(late.rides(true, now));
    now += Recheck::on_the_way_busy - Recheck::first;
    EXPECT_TRUE(late.rides(true, now));
}

TEST_F(ARecheck, is_not_nearer_its_end_for_a_comparison_before_it_is_due) {
    report(false);
    now += 1ms;
    late.compared(false, now);
    EXPECT_EQ(*late.due(), now + Recheck::first - 1ms);
}

TEST_F(ARecheck, of_nothing_is_not_begun_by_a_find) {
    late.compared(true, now);
    EXPECT_FALSE(late.due());
}

TEST_F(ARecheck, is_left_out_where_a_test_asks_for_that) {
    Recheck::in_use = false;
    report(true);
    Recheck::in_use = true;
    EXPECT_FALSE(late.due());
}

TEST_F(ARecheck, a_picture_whose_pieces_come_seconds_apart_is_found_to_the_last) {
    report(false);
    for (int piece = 0; piece < 16; ++piece) {
        auto lands = now + 4s;
        while (late.due() && *late.due() < lands) late.compared(false, now = *late.due());
        ASSERT_TRUE(late.due()) << piece;
        late.compared(true, now = *late.due());
    }
}

TEST_F(ARecheck, whatever_lands_within_five_seconds_is_found_and_so_is_what_follows_it) {
    for (Duration lands = 1ms; lands < 5s; lands = lands * 3 / 2) {
        now += 1min;
        report(true);
        auto compared = pass(60s, lands);
        auto found = std::ranges::find_if(compared, [&](Duration at) { return at >= lands; });
        ASSERT_NE(found, compared.end());
        // As late again as it took, at most.
        EXPECT_LE(*found, std::max<Duration>(2 * lands + 2 * Recheck::first, 60ms));
        EXPECT_GE(compared.back(), *found + Recheck::longest);
    }
}

// A cursor: a report every half second, for ever, of which the program's stores were all.
TEST_F(ARecheck, a_cursor_that_blinks_for_long_wakes_nobody_and_is_compared_on_the_way) {
    unsigned wakeups = 0, rides = 0;
    for (unsigned blink = 0; blink < 7200; ++blink) {
        if (late.rides(false, now)) {
            late.compared(false, now);
            ++rides;
        }
        report(false);
        wakeups += static_cast<unsigned>(pass(499ms).size());
        now += 1ms;
    }
    EXPECT_EQ(wakeups, Recheck::allowance);
    EXPECT_GE(rides, 3500u) << "at each second blink those before";
    EXPECT_EQ(pass(60s).size(), 2u) << "soon after its end, and once more";
}

// Drawn 60 times a second, the same picture again and again.
TEST_F(ARecheck, a_program_that_never_pauses_is_compared_on_the_way_once_a_second) {
    unsigned wakeups = 0, rides = 0;
    for (unsigned frame = 0; frame < 3600; ++frame) {
        if (late.rides(false, now)) {
            late.compared(false, now);
            ++rides;
        }
        report(true);
        wakeups += static_cast<unsigned>(pass(16ms).size());
    }
    EXPECT_EQ(wakeups, 0u) << "the first is later than the next frame";
    EXPECT_FALSE(late.rides(true, now));
    now += Recheck::on_the_way_busy;
    EXPECT_TRUE(late.rides(true, now));
    EXPECT_GE(rides, 50u);
    EXPECT_LE(rides, 60u);
}

TEST_F(ARecheck, what_lands_while_the_program_goes_on_drawing_elsewhere_is_found_within_seconds) {
    // No allowance is left.
    for (unsigned i = 0; i < 1000; ++i) {
        report(false, {100, 100, 110, 110});
        pass(500ms);
    }
    report(true, {5, 5, 6, 6});
    for (unsigned i = 0; i < 4; ++i) {
        now += Recheck::on_the_way;
        ASSERT_TRUE(late.rides(false, now));
        bool there = false;
        for (const Rectangle& rectangle : late.where()) there |= rectangle.left <= 5 && rectangle.right >= 6;
        EXPECT_TRUE(there) << i;
        late.compared(false, now);
        report(false, {100, 100, 110, 110});
    }
}

TEST_F(ARecheck, what_is_compared_again_does_not_grow_for_ever) {
    for (unsigned i = 0; i < 100; ++i) {
        report(false, {static_cast<int>(i), 0, static_cast<int>(i) + 1, 1});
        now += 500ms;
    }
    std::int64_t pixels = 0;
    for (const Rectangle& rectangle : late.where()) pixels += rectangle.area();
    EXPECT_EQ(pixels, 20) << "those of ten seconds";
}

TEST_F(ARecheck, a_find_and_a_long_pause_renew_the_allowance) {
    auto exhaust = [&] {
        for (unsigned i = 0; i < 100; ++i) {
            report(false);
            pass(500ms);
        }
        report(false);
    };
    exhaust();
    EXPECT_EQ(*late.due(), now + Recheck::without_allowance);
    late.compared(true, now);
    report(false);
    EXPECT_EQ(*late.due(), now + Recheck::first);
    exhaust();
    pass(Recheck::renewed_after);
    report(false);
    EXPECT_EQ(*late.due(), now + Recheck::first);
}

}  // namespace
}  // namespace hvfbd
