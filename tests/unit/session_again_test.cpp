// What a session keeps of the one before, when it begins anew, and which silence of the host ends it.
#include "session_fixture.h"

namespace hvfbd::hyperv {
namespace {

using namespace std::chrono_literals;
using synthvid::FeatureChange;

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

TEST_F(ASession, backs_off_twice_as_long_each_time_up_to_a_minute) {
    std::vector<Duration> pauses;
    for (int i = 0; i < 8; ++i) {
        open();
        session.closed(now);
        pauses.push_back(*session.wake_at() - now);
        now = *session.wake_at();
    }
    EXPECT_EQ(pauses, (std::vector<Duration>{1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s}));
}

TEST_F(ASession, has_lived_once_it_was_acknowledged_for_ten_seconds) {
    for (Duration lived : {Duration(10s - 1ms), Duration(10s)}) {
        session = Session(Session::Options{});
        open();
        session.closed(now);
        connect();
        pass(lived);
        session.closed(now);
        EXPECT_EQ(*session.wake_at() - now, lived < 10s ? 2s : 1s);
    }
}

TEST_F(ASession, lives_since_its_first_acknowledgement) {
    open();
    session.closed(now);
    connect();
    pass(9s);
    ASSERT_TRUE(session.set_mode({800, 600}));
    says();
    hear(synthvid::SituationUpdateAck{last_word(16)});
    pass(1s);
    session.closed(now);
    EXPECT_EQ(*session.wake_at() - now, 1s);
}

TEST_F(ASession, that_never_lived_backs_off_longer_though_the_one_before_it_lived) {
    connect();
    pass(1h);
    for (Duration pause : {1s, 2s, 4s}) {
        session.closed(now);
        EXPECT_EQ(*session.wake_at() - now, pause);
        now = *session.wake_at();
        open();
    }
}

TEST_F(ASession, begins_anew_at_once_and_with_the_shortest_pause_where_what_was_in_the_way_is_gone) {
    for (int i = 0; i < 5; ++i) {
        open();
        session.closed(now);
    }
    EXPECT_FALSE(session.wants_channel(now));
    session.retry_now();
    EXPECT_TRUE(session.wants_channel(now));
    open();
    session.closed(now);
    EXPECT_EQ(*session.wake_at() - now, 1s);
}

TEST_F(ASession, begins_anew_as_if_there_had_been_none_before) {
    connect();
    hear(FeatureChange{true, true, true, true});
    EXPECT_EQ(session.modes().size(), 2u);
    ASSERT_TRUE(session.next_message());
    session.closed(now);
    open();
    EXPECT_TRUE(session.modes().empty());
    EXPECT_FALSE(session.has_said_features());
    EXPECT_FALSE(session.take_repaint());
    EXPECT_EQ(says(), std::vector{version});
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{800, 600}}, 1));
    ASSERT_EQ(session.modes().size(), 1u) << "no preferred one";
    EXPECT_EQ(session.modes()[0], (Mode{800, 600}));
}

TEST_F(ASession, asks_for_the_newest_version_again_when_it_begins_anew) {
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, false});
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_2, true});
    session.closed(now);
    open();
    EXPECT_EQ(says(), std::vector{version});
    EXPECT_EQ(last_word(16), synthvid::version_3_5);
}

TEST_F(ASession, begins_anew_after_a_failure) {
    open();
    pass(10s);
    ASSERT_TRUE(session.failure());
    session.closed(now);
    EXPECT_FALSE(session.failure());
    open();
    EXPECT_EQ(says(), std::vector{version});
}

TEST_F(ASession, that_is_closed_hears_and_says_nothing_and_does_not_fail) {
    open();
    session.closed(now);
    EXPECT_TRUE(says().empty());
    hear(FeatureChange{false, false, false, false});
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    EXPECT_FALSE(session.has_said_features());
    EXPECT_EQ(session.ignored(), 0u);
    for (int i = 0; i < 20; ++i) pass(1s);
    EXPECT_FALSE(session.failure());
    EXPECT_EQ(session.state(), Session::State::closed);
}

// ---- a host that does not acknowledge

TEST_F(ASession, is_not_watched_any_more_where_the_host_never_acknowledges) {
    connect_without_acknowledgement();
    pass(10s);
    session.closed(now);
    connect_without_acknowledgement();
    pass(10s);
    EXPECT_FALSE(session.failure());
    EXPECT_FALSE(session.wake_at()) << "nothing runs at rest";
}

TEST_F(ASession, lives_since_the_first_silence_that_is_tolerated) {
    connect_without_acknowledgement();
    pass(10s);
    session.closed(now);
    connect_without_acknowledgement();
    pass(19s);
    ASSERT_TRUE(session.set_mode({800, 600}));
    says();
    pass(10s);
    ASSERT_FALSE(session.failure());
    session.closed(now);
    EXPECT_EQ(*session.wake_at() - now, 1s);
}

TEST_F(ASession, does_not_tolerate_the_silence_of_a_host_whose_ring_takes_no_message) {
    connect_without_acknowledgement();
    pass(10s);
    session.closed(now);
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({}));
    says();
    hear(synthvid::VramLocationAck{address});
    pass(10s);
    EXPECT_TRUE(session.failure());
}

TEST_F(ASession, does_not_tolerate_the_silence_of_a_host_that_has_acknowledged_since_it_was_tolerated) {
    connect_without_acknowledgement();
    pass(10s);
    session.closed(now);
    connect_without_acknowledgement();
    pass(10s);
    ASSERT_FALSE(session.failure());
    ASSERT_TRUE(session.set_mode({800, 600}));
    says();
    hear(synthvid::SituationUpdateAck{last_word(16)});
    ASSERT_TRUE(session.set_mode({1024, 768}));
    says();
    pass(10s);
    EXPECT_TRUE(session.failure());
}

}  // namespace
}  // namespace hvfbd::hyperv
