// How a session with the host begins, and how long it waits for each answer.
#include "session_fixture.h"

namespace hvfbd::hyperv {
namespace {

using namespace std::chrono_literals;
using synthvid::FeatureChange;

TEST_F(ASession, shakes_hands_in_the_order_of_the_kernels_driver) {
    EXPECT_TRUE(session.wants_channel(now));
    open();
    EXPECT_EQ(says(), std::vector{version});
    EXPECT_EQ(last_word(16), synthvid::version_3_5);
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    EXPECT_EQ(says(), std::vector{resolution});
    hear(list({{1024, 768}, {1280, 1024}}, 1));
    EXPECT_EQ(says(), std::vector{memory});
    EXPECT_FALSE(session.active());
    hear(synthvid::VramLocationAck{address});
    EXPECT_EQ(says(), (std::vector{position, shape, situation}));
    EXPECT_TRUE(session.active());
    EXPECT_TRUE(session.take_repaint());
    EXPECT_EQ(session.mode(), (Mode{1280, 1024})) << "the host's choice";
    EXPECT_EQ(session.modes().front(), (Mode{1280, 1024}));
    hear(synthvid::SituationUpdateAck{1});
    EXPECT_FALSE(session.wake_at()) << "nothing runs at rest";
}

TEST_F(ASession, asks_for_the_older_version_where_the_newer_is_refused_and_for_no_resolutions_then) {
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, false});
    EXPECT_EQ(says(), std::vector{version});
    EXPECT_EQ(last_word(16), synthvid::version_3_2);
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    EXPECT_EQ(session.state(), Session::State::version) << "that answers the question before";
    hear(synthvid::VersionResponse{synthvid::version_3_2, true});
    EXPECT_EQ(says(), std::vector{memory});
    EXPECT_TRUE(session.modes().empty()) << "any that fits";
}

TEST(ASessionOfTheNextProcess, has_the_mode_of_the_one_before_until_the_host_was_asked) {
    EXPECT_EQ(Session({}).mode(), (Mode{1024, 768}));
    EXPECT_EQ(Session({.mode = {}, .before = Mode{1920, 1080}}).mode(), (Mode{1920, 1080}));
    EXPECT_EQ(Session({.mode = Mode{800, 600}, .before = Mode{1920, 1080}}).mode(), (Mode{800, 600}));
}

TEST_F(ASession, gives_up_where_neither_version_is_accepted) {
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, false});
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_2, false});
    EXPECT_TRUE(session.failure());
}

TEST_F(ASession, goes_on_without_resolutions_after_ten_seconds_and_takes_no_late_answer_for_another) {
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    pass(10s);
    EXPECT_FALSE(session.failure());
    EXPECT_EQ(says(), std::vector{memory});
    hear(list({{800, 600}}));
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    hear(synthvid::SituationUpdateAck{1});
    EXPECT_EQ(session.state(), Session::State::memory);
    hear(synthvid::VramLocationAck{address + 1});
    EXPECT_EQ(session.state(), Session::State::memory) << "not what was asked";
    EXPECT_EQ(session.ignored(), 4u);
    hear(synthvid::VramLocationAck{address});
    EXPECT_TRUE(session.active());
}

TEST_F(ASession, believes_no_answer_to_a_question_that_is_still_in_the_ring) {
    open();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    EXPECT_EQ(session.state(), Session::State::version);
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    hear(list({{800, 600}}));
    EXPECT_EQ(session.state(), Session::State::resolutions);
    says();
    hear(list({{800, 600}}));
    hear(synthvid::VramLocationAck{address});
    EXPECT_EQ(session.state(), Session::State::memory);
    EXPECT_EQ(session.ignored(), 3u);
    says();
    hear(synthvid::VramLocationAck{address});
    hear(synthvid::SituationUpdateAck{0});
    EXPECT_EQ(session.ignored(), 4u);
    pass(10s);
    EXPECT_EQ(session.failure(), "the host does not acknowledge the picture's size");
}

TEST_F(ASession, believes_no_answer_to_the_second_question_for_a_version_before_it_is_in_the_ring) {
    open();
    says();
    pass(9s);
    hear(synthvid::VersionResponse{synthvid::version_3_5, false});
    hear(synthvid::VersionResponse{synthvid::version_3_2, true});
    EXPECT_EQ(session.state(), Session::State::version);
    pass(9s);
    EXPECT_FALSE(session.failure()) << "the second question has ten seconds of its own";
    pass(1s);
    EXPECT_TRUE(session.failure());
}

TEST_F(ASession, ignores_answers_to_the_questions_of_other_steps) {
    open();
    says();
    hear(synthvid::VramLocationAck{address});
    hear(synthvid::SituationUpdateAck{0});
    hear(list({{800, 600}}));
    EXPECT_EQ(session.state(), Session::State::version);
    EXPECT_EQ(session.ignored(), 3u);
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    EXPECT_EQ(session.ignored(), 4u);
    EXPECT_TRUE(says().empty());
    EXPECT_TRUE(session.wake_at()) << "the time of the step runs";
    hear(list({{800, 600}}));
    says();
    hear(synthvid::VramLocationAck{address});
    says();
    hear(synthvid::SituationUpdateAck{last_word(16)});
    hear(synthvid::SituationUpdateAck{last_word(16)});
    hear(synthvid::VramLocationAck{address});
    EXPECT_EQ(session.ignored(), 6u) << "each question is answered once";
    EXPECT_FALSE(session.failure());
}

TEST_F(ASession, says_which_answer_did_not_come_and_stays_in_that_step) {
    const struct {
        const char* why;
        int answers;
        Session::State state;
    } cases[] = {
        {"the host does not answer which version it speaks", 0, Session::State::version},
        {"the host does not say that it has taken the video memory", 2, Session::State::memory},
        {"the host does not acknowledge the picture's size", 3, Session::State::active},
    };
    for (const auto& [why, answers, state] : cases) {
        session = Session(Session::Options{});
        open();
        says();
        if (answers > 0) hear(synthvid::VersionResponse{synthvid::version_3_5, true});
        says();
        if (answers > 1) hear(list({{800, 600}}));
        says();
        if (answers > 2) hear(synthvid::VramLocationAck{address});
        says();
        pass(10s);
        EXPECT_EQ(session.failure(), why);
        EXPECT_EQ(session.state(), state);
    }
}

TEST_F(ASession, begins_to_wait_for_the_acknowledgement_when_the_size_is_in_the_ring) {
    connect_without_acknowledgement();
    hear(synthvid::SituationUpdateAck{last_word(16)});
    EXPECT_EQ(last_word(16), 1u);
    ASSERT_TRUE(session.set_mode({800, 600}));
    pass(9s);  // the ring is full
    EXPECT_FALSE(session.wake_at());
    EXPECT_EQ(says(), std::vector{situation});
    EXPECT_EQ(last_word(16), 2u) << "each size has a number of its own";
    pass(9s);
    EXPECT_FALSE(session.failure());
    pass(1s);
    EXPECT_TRUE(session.failure());
}

TEST_F(ASession, gives_each_step_ten_seconds_and_then_backs_off_longer_each_time) {
    Duration pause = 0s;
    for (int attempt = 0; attempt < 10; ++attempt) {
        open();
        if (attempt % 2) says();  // a ring that is full takes no question, and its time runs as well
        pass(10s - 1ms);
        EXPECT_FALSE(session.failure());
        EXPECT_EQ(session.wake_at(), now + 1ms);
        pass(1ms);
        ASSERT_TRUE(session.failure());
        session.closed(now);
        EXPECT_FALSE(session.wants_channel(now));
        Duration next = *session.wake_at() - now;
        EXPECT_TRUE(next > pause || next == 60s);
        pause = next;
        now = *session.wake_at();
        EXPECT_TRUE(session.wants_channel(now));
    }
}

TEST_F(ASession, does_not_take_the_time_in_which_it_was_stopped_for_the_hosts_silence) {
    open();
    says();
    pass(2s);
    now += 1h;
    session.time_passed(now);
    EXPECT_FALSE(session.failure());
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    EXPECT_EQ(session.state(), Session::State::resolutions);
}

TEST_F(ASession, keeps_what_the_host_says_early_of_who_looks) {
    open();
    says();
    hear(FeatureChange{true, true, true, true});
    EXPECT_TRUE(says().empty()) << "whatever it asks for is sent when the handshake is over";
    EXPECT_FALSE(session.take_repaint());
    hear(FeatureChange{false, false, false, false});
    EXPECT_EQ(session.state(), Session::State::version);
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({}));
    says();
    hear(synthvid::VramLocationAck{address});
    EXPECT_EQ(says(), (std::vector{position, shape, situation})) << "the handshake is whole, hidden or not";
    EXPECT_TRUE(session.active());
    EXPECT_FALSE(session.visible());
}

TEST_F(ASession, does_not_begin_with_video_memory_that_holds_no_picture) {
    session.opened(address, 640 * 480 * 4 - 1, now);
    EXPECT_TRUE(session.failure());
    EXPECT_EQ(session.state(), Session::State::closed);
    EXPECT_TRUE(says().empty());
    session.closed(now);
    session.opened(address, 640 * 480 * 4, now);
    EXPECT_FALSE(session.failure());
}

// ---- once it has failed

TEST_F(ASession, that_failed_hears_and_says_nothing_more_and_keeps_the_first_reason) {
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, false});
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_2, false});
    auto why = session.failure();
    ASSERT_EQ(why, "the host accepts neither version 3.5 nor 3.2 of the protocol");
    hear(FeatureChange{true, true, true, true});
    EXPECT_FALSE(session.has_said_features());
    hear(synthvid::VersionResponse{synthvid::version_3_2, true});
    EXPECT_EQ(session.state(), Session::State::version);
    pass(1h);
    EXPECT_EQ(session.failure(), why);
    EXPECT_TRUE(says().empty());
}

TEST_F(ASession, whose_question_found_no_room_in_time_does_not_ask_it_any_more) {
    open();
    pass(10s);
    ASSERT_TRUE(session.failure());
    EXPECT_TRUE(says().empty());
}

}  // namespace
}  // namespace hvfbd::hyperv
