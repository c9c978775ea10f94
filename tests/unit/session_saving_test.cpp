// A session that is restored in the next process of the daemon.
#include "session_fixture.h"

namespace hvfbd::hyperv {
namespace {

using synthvid::FeatureChange;

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
