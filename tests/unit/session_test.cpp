// What a session says once it is active: who looks, modes; and how another process restores it.
#include "session_fixture.h"

namespace hvfbd::hyperv {
namespace {

using synthvid::FeatureChange;

TEST_F(ASession, says_nothing_while_hidden_and_everything_when_shown) {
    connect();
    hear(FeatureChange{false, false, false, false});
    EXPECT_FALSE(session.visible());
    EXPECT_TRUE(session.set_mode({1280, 1024}));
    EXPECT_TRUE(says().empty());
    session.take_repaint();
    hear(FeatureChange{true, false, false, false});
    EXPECT_TRUE(session.visible());
    EXPECT_TRUE(session.take_repaint());
    EXPECT_EQ(says(), (std::vector{position, shape, situation}));
    EXPECT_EQ(last_word(16 + 8 + 2 + 4 + 1), 1280u);
}

TEST_F(ASession, says_everything_while_hidden_where_that_is_ignored) {
    connect();
    session.ignore_hidden(true);
    hear(FeatureChange{false, false, false, false});
    EXPECT_FALSE(session.visible());
    EXPECT_TRUE(session.shows());
    EXPECT_TRUE(session.set_mode({1280, 1024}));
    EXPECT_EQ(says(), std::vector{situation});
    EXPECT_EQ(last_word(16 + 8 + 2 + 4 + 1), 1280u);
    session.ignore_hidden(false);
    EXPECT_FALSE(session.shows());
    EXPECT_TRUE(session.set_mode({800, 600}));
    EXPECT_TRUE(says().empty());
    session.ignore_hidden(true);
    EXPECT_EQ(says(), std::vector{situation}) << "what was owed";
}

TEST_F(ASession, answers_each_flag_by_itself) {
    connect();
    hear(FeatureChange{true, false, false, false});
    says();
    hear(FeatureChange{true, true, false, false});
    EXPECT_EQ(says(), std::vector{position});
    hear(FeatureChange{true, false, true, false});
    EXPECT_EQ(says(), std::vector{shape});
    hear(FeatureChange{true, false, false, true});
    EXPECT_EQ(says(), std::vector{situation});
    session.take_repaint();
    hear(FeatureChange{true, false, false, false});
    EXPECT_TRUE(session.take_repaint()) << "another window of the host's: it has no picture yet";
    hear(FeatureChange{false, true, false, false});
    EXPECT_EQ(says(), std::vector{position}) << "hidden, but asked for";
}

TEST_F(ASession, makes_one_answer_of_a_flood) {
    connect();
    for (int i = 0; i < 5000; ++i) hear(FeatureChange{i % 2 == 0, true, true, true});
    EXPECT_EQ(says().size(), 3u);
}

TEST_F(ASession, assumes_what_it_was_told_to_until_the_host_says) {
    connect();
    EXPECT_TRUE(session.visible());
    Session::Options options;
    options.assume_visible = false;
    session = Session(options);
    connect();
    EXPECT_TRUE(session.active());
    EXPECT_FALSE(session.visible());
    hear(FeatureChange{true, true, true, true});
    EXPECT_TRUE(session.visible());
}

TEST_F(ASession, takes_only_modes_that_fit_the_video_memory_whatever_the_host_lists) {
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{65535, 65535}, {0, 0}, {1920, 1080}, {320, 200}, {1920, 1080}, {3840, 2160}}));
    EXPECT_EQ(std::vector<Mode>(session.modes().begin(), session.modes().end()),
              (std::vector<Mode>{{1920, 1080}}));
    says();
    hear(synthvid::VramLocationAck{address});
    EXPECT_EQ(session.mode(), (Mode{1024, 768})) << "the preferred one does not fit";
    EXPECT_FALSE(session.set_mode({3840, 2160}));
    EXPECT_FALSE(session.set_mode({639, 480}));
    EXPECT_TRUE(session.set_mode({1600, 1200}));
}

TEST_F(ASession, says_which_mode_it_does_not_show_because_it_does_not_fit_the_video_memory) {
    session = Session({.mode = Mode{3840, 2160}, .before = {}});
    connect();
    EXPECT_EQ(session.mode(), (Mode{1024, 768}));
    EXPECT_EQ(session.unfit_mode(), (Mode{3840, 2160}));
    auto saved = session.save();
    ASSERT_TRUE(session.set_mode({800, 600}));
    EXPECT_FALSE(session.unfit_mode());

    Session next{Session::Options{}};
    ASSERT_TRUE(next.restore(*saved, address, size, now));
    EXPECT_FALSE(next.unfit_mode());
    next.wish(Mode{2560, 1440});
    EXPECT_EQ(next.unfit_mode(), (Mode{2560, 1440}));
    next.wish(std::nullopt);
    EXPECT_FALSE(next.unfit_mode());
}

TEST_F(ASession, keeps_the_administrators_mode_when_it_connects_again) {
    connect();
    ASSERT_TRUE(session.set_mode({800, 600}));
    session.closed(now);
    connect();
    EXPECT_EQ(session.mode(), (Mode{800, 600}));
}

TEST_F(ASession, says_the_size_that_was_set_last_though_another_was_about_to_be_said) {
    connect();
    session.set_mode({800, 600});
    ASSERT_TRUE(session.next_message());  // but the ring is full
    session.set_mode({1280, 1024});
    EXPECT_EQ(says(), std::vector{situation});
    EXPECT_EQ(last_word(16 + 8 + 2 + 4 + 1), 1280u);
}

// ---- after another process of the daemon

TEST_F(ASession, is_restored_in_the_next_process_without_a_message_to_the_host_but_with_all_of_the_picture) {
    connect();
    hear(FeatureChange{true, false, false, false});
    says();
    auto saved = session.save();
    ASSERT_TRUE(saved);
    session = Session(Session::Options{});
    ASSERT_TRUE(session.restore(*saved, address, size, now));
    EXPECT_TRUE(session.active());
    EXPECT_TRUE(session.visible());
    EXPECT_TRUE(says().empty());
    EXPECT_TRUE(session.take_repaint());
    EXPECT_FALSE(session.wake_at());
    EXPECT_EQ(session.modes().size(), 2u);
    ASSERT_TRUE(session.set_mode({1280, 1024}));
    EXPECT_EQ(says(), std::vector{situation});
    hear(synthvid::SituationUpdateAck{2});
    EXPECT_FALSE(session.wake_at()) << "the numbers go on";
}

TEST_F(ASession, that_was_hidden_or_owed_something_still_is_in_the_next_process) {
    connect();
    hear(FeatureChange{false, false, false, false});
    session.set_mode({1280, 1024});
    auto saved = session.save();
    session = Session(Session::Options{});
    ASSERT_TRUE(session.restore(*saved, address, size, now));
    EXPECT_FALSE(session.visible());
    EXPECT_TRUE(says().empty()) << "hidden: it wants nothing";
    hear(FeatureChange{true, false, false, true});
    EXPECT_FALSE(says().empty());
    EXPECT_EQ(session.mode(), (Mode{1280, 1024}));
}

TEST_F(ASession, that_is_not_active_is_not_saved_and_one_that_cannot_be_is_not_restored) {
    EXPECT_FALSE(session.save());
    open();
    says();
    EXPECT_FALSE(session.save());
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{1280, 1024}}));
    says();
    hear(synthvid::VramLocationAck{address});
    says();
    auto saved = session.save();
    ASSERT_TRUE(saved);
    Session other{Session::Options{}};
    EXPECT_FALSE(other.restore(*saved, address, 2 << 20, now)) << "the mode does not fit that memory";
    EXPECT_FALSE(other.active());
    saved->version = 1;
    EXPECT_FALSE(other.restore(*saved, address, size, now));
}

TEST_F(ASession, of_the_process_before_takes_the_mode_that_is_wished_for_now) {
    connect();
    session.set_mode({800, 600});
    says();
    auto saved = session.save();
    ASSERT_TRUE(saved);
    Session next({.mode = Mode{1280, 1024}, .before = {}});
    ASSERT_TRUE(next.restore(*saved, address, size, now));
    EXPECT_EQ(next.mode(), (Mode{800, 600}));
    next.wish(Mode{1280, 1024});
    EXPECT_EQ(next.mode(), (Mode{1280, 1024}));
    EXPECT_TRUE(next.next_message()) << "the host gets a message";
    next.wish(Mode{16000, 16000});
    EXPECT_EQ(next.mode(), (Mode{1280, 1024})) << "which does not fit";
    next.wish(std::nullopt);
    EXPECT_EQ(next.mode(), (Mode{1024, 768})) << "the host's preferred one";
}

TEST_F(ASession, of_the_process_before_takes_a_mode_though_the_host_has_never_listed_one) {
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({}));
    says();
    hear(synthvid::VramLocationAck{address});
    says();
    auto saved = session.save();
    ASSERT_TRUE(saved);
    ASSERT_FALSE(saved->preferred);
    Session next{Session::Options{}};
    ASSERT_TRUE(next.restore(*saved, address, size, now));
    next.wish(Mode{1280, 1024});
    EXPECT_EQ(next.mode(), (Mode{1280, 1024}));
    next.wish(std::nullopt);
    EXPECT_EQ(next.mode(), (Mode{1280, 1024})) << "the host prefers none";
}

}  // namespace
}  // namespace hvfbd::hyperv
