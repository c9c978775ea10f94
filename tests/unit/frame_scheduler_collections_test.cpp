// When a client is asked for its damage, and what is done without an answer.
#include "frame_scheduler_fixture.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

TEST_F(AFrameScheduler, asks_for_damage_before_it_compares_and_compares_when_the_answer_comes) {
    answers = false;
    announce();
    run(6ms);
    EXPECT_EQ(collects, (std::vector<Duration>{1ms}));
    EXPECT_EQ(scheduler.state(), State::collecting);
    EXPECT_TRUE(compares.empty());
    answer();
    dispatch();
    EXPECT_EQ(compares, (std::vector<Duration>{6ms}));
    EXPECT_EQ(scheduler.announced_at(), start) << "until the next frame begins";
}

TEST_F(AFrameScheduler, asks_nobody_whose_damage_is_explicit_or_whose_report_is_there) {
    explicit_client();
    announce();
    run(100ms);
    EXPECT_EQ(presents.size(), 1u);
    source.tracked = source.reports = source.can_rest = source.reported = source.hinted = true;
    announce();
    dispatch();
    EXPECT_EQ(presents.size(), 2u) << "it has settled";
    EXPECT_TRUE(collects.empty());
}

TEST_F(AFrameScheduler, waits_for_an_answer_a_frame_and_then_compares_everything_without_it) {
    answers = false;
    announce();
    run(50ms);
    EXPECT_TRUE(compares.empty());
    now += 1ms;
    last = scheduler.next(source, now);
    EXPECT_EQ(last.kind, Kind::compare);
    EXPECT_TRUE(last.whole);
}

TEST_F(AFrameScheduler, gives_a_client_ten_milliseconds_to_answer_at_least_and_a_hundred_at_most) {
    answers = false;
    for (auto [interval, waits] : {std::pair<Duration, Duration>{0ms, 10ms}, {1ms, 10ms}, {10s, 100ms}}) {
        set({interval, 0ms, false});
        source.answer_owed = false;
        scheduler.surface_changed(now);
        now += 10s;
        compares.clear();
        const Duration begun = now - start;
        announce();
        run(waits);
        EXPECT_EQ(first_of(compares), begun + waits);
    }
}

TEST_F(AFrameScheduler, asks_one_thing_at_a_time_and_compares_without_asking_while_an_answer_is_owed) {
    answers = false;
    draw(500ms, 10ms);
    EXPECT_EQ(collects.size(), 1u);
    EXPECT_GE(presents.size(), 8u);
    EXPECT_EQ(whole, std::vector<bool>(whole.size(), true)) << "for nothing else tells what it stored";
}

TEST_F(AFrameScheduler, rests_though_a_client_never_answers_once_it_can_not_have_drawn_for_a_second) {
    answers = false;
    announce(false);
    run(5s);
    EXPECT_FALSE(dispatch());
    EXPECT_EQ(scheduler.state(), State::resting);
    EXPECT_GE(compares.size(), 3u);
    EXPECT_LE(last_of(compares), 1s + 200ms);
}

TEST_F(AFrameScheduler,
       compares_a_client_that_owes_an_answer_for_a_second_after_it_drew_last_and_then_rests) {
    answers = false;
    source.unprotected = source.can_rest = source.will_rest = true;
    draw(500ms, 10ms);
    run(10s);
    EXPECT_FALSE(dispatch());
    EXPECT_GE(last_of(compares), 1400ms);
    EXPECT_LE(last_of(compares), 1700ms);
}

TEST_F(AFrameScheduler, compares_everything_of_another_surface_that_owes_an_answer) {
    announce();
    run(100ms);
    source.answer_owed = true;
    scheduler.surface_changed(now);
    run(1s);
    whole.clear();
    announce();
    run(1ms);
    EXPECT_EQ(whole, (std::vector<bool>{true}));
}

TEST_F(AFrameScheduler, asks_first_and_compares_only_what_it_was_told) {
    announce();
    run(1ms);
    EXPECT_EQ(begins, (std::vector<bool>{false})) << "the frame began with the question";
    EXPECT_EQ(whole, (std::vector<bool>{false}));
    announce();
    dispatch();
    now += 50ms;
    last = scheduler.next(source, now);
    EXPECT_TRUE(last.kind == Kind::collect && last.begins);
}

TEST_F(AFrameScheduler, compares_everything_where_stores_are_found_in_no_other_way_and_only_there) {
    source.whole = true;
    announce();
    run(1ms);
    EXPECT_EQ(whole, (std::vector<bool>{true}));
    source.whole = false;
    announce();
    run(100ms);
    EXPECT_FALSE(whole.back());
    whole.clear();
    source.whole = true;
    explicit_client();
    announce();
    run(100ms);
    EXPECT_FALSE(whole.front()) << "there is no client yet that draws";
}

TEST_F(AFrameScheduler, is_comparing_from_when_it_says_so_until_it_is_told_what_was_found) {
    explicit_client();
    announce();
    now += 1ms;
    EXPECT_EQ(scheduler.next(source, now).kind, Kind::compare);
    EXPECT_EQ(scheduler.state(), State::comparing);
    scheduler.compared(true);
    EXPECT_EQ(scheduler.state(), State::presenting);
}

TEST_F(AFrameScheduler, does_not_count_the_time_in_which_it_was_stopped_against_an_answer) {
    answers = false;
    announce();
    run(2ms);
    now += 10s;
    dispatch();
    EXPECT_TRUE(compares.empty());
    EXPECT_EQ(scheduler.state(), State::collecting);
    answer();
    dispatch();
    EXPECT_EQ(compares.size(), 1u);
}

TEST_F(AFrameScheduler, asks_again_once_a_late_answer_has_come) {
    answers = false;
    announce();
    run(100ms);
    answer();
    answers = true;
    run(100ms);
    announce();
    run(100ms);
    EXPECT_EQ(collects.size(), 2u);
    EXPECT_EQ(presents.size(), 2u);
}

TEST_F(AFrameScheduler, rests_once_a_client_that_owed_an_answer_has_answered_again) {
    answers = false;
    announce(false);
    run(60ms);
    ASSERT_TRUE(dispatch()) << "it is compared without an answer";
    answer();
    answers = true;
    announce(false);
    run(100ms);
    EXPECT_EQ(collects.size(), 2u);
    EXPECT_FALSE(dispatch());
}

}  // namespace
}  // namespace hvfbd
