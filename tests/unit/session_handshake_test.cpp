// How a session with the host begins, how long it waits for each answer, and when it begins anew.
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

TEST_F(ASession, begins_anew_with_the_shortest_pause_after_it_has_lived) {
    for (int i = 0; i < 5; ++i) {
        open();
        session.closed(now);
        now = *session.wake_at();
    }
    connect();
    pass(10s);
    session.closed(now);
    EXPECT_EQ(*session.wake_at(), now + 1s);
    EXPECT_FALSE(session.visible());
}

TEST_F(ASession, backs_off_longer_each_time_from_a_host_that_ends_each_session_as_soon_as_it_lives) {
    Duration pause = 0s;
    for (int attempt = 0; attempt < 10; ++attempt) {
        connect();
        pass(1s);
        session.closed(now);
        Duration next = *session.wake_at() - now;
        EXPECT_TRUE(next > pause || next == 60s) << attempt;
        pause = next;
        now = *session.wake_at();
    }
}

TEST_F(ASession, begins_anew_with_the_shortest_pause_after_it_has_lived_with_a_host_that_never_acknowledges) {
    for (int i = 0; i < 8; ++i) {
        connect_without_acknowledgement();
        pass(i == 0 ? Duration(10s) : Duration(1h));
        EXPECT_EQ(session.failure().has_value(), i == 0) << "it is asked once more, and then believed";
        session.closed(now);
        now = *session.wake_at();
    }
    connect_without_acknowledgement();
    pass(1h);
    session.closed(now);
    EXPECT_EQ(*session.wake_at(), now + 1s);
}

TEST_F(ASession, keeps_what_the_host_says_early_of_who_looks) {
    open();
    says();
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

TEST_F(ASession, takes_a_host_that_once_acknowledged_and_then_does_not_for_dead) {
    connect();
    session.set_mode({800, 600});
    EXPECT_EQ(says(), std::vector{situation});
    hear(synthvid::SituationUpdateAck{1});  // the one before
    EXPECT_TRUE(session.wake_at());
    pass(10s);
    EXPECT_TRUE(session.failure());
}

TEST_F(ASession, tolerates_a_host_that_never_acknowledges_after_one_new_attempt) {
    for (bool first : {true, false}) {
        open();
        says();
        hear(synthvid::VersionResponse{synthvid::version_3_5, true});
        says();
        hear(list({}));
        says();
        hear(synthvid::VramLocationAck{address});
        says();
        pass(10s);
        EXPECT_EQ(session.failure().has_value(), first);
        if (first) session.closed(now);
    }
    EXPECT_TRUE(session.visible());
}

TEST_F(ASession, does_not_begin_with_video_memory_that_holds_no_picture) {
    session.opened(address, 640 * 480 * 4 - 1, now);
    EXPECT_TRUE(session.failure());
}

}  // namespace
}  // namespace hvfbd::hyperv
