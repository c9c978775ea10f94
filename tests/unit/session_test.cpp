// What a session says once it is active: who looks.
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
    EXPECT_TRUE(says().empty());
    hear(FeatureChange{false, true, false, false});
    EXPECT_FALSE(session.take_repaint()) << "nobody looks";
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

TEST_F(ASession, says_while_hidden_only_what_is_asked_for) {
    for (unsigned flags = 0; flags < 8; ++flags) {
        session = Session(Session::Options{});
        connect();
        hear(FeatureChange{true, true, true, true});  // a moment in which the ring is full
        hear(FeatureChange{false, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0});
        std::vector<int> expected;
        if ((flags & 1) != 0) expected.push_back(position);
        if ((flags & 2) != 0) expected.push_back(shape);
        if ((flags & 4) != 0) expected.push_back(situation);
        EXPECT_EQ(says(), expected) << flags;
    }
}

TEST_F(ASession, says_everything_when_it_is_shown_though_nothing_has_changed) {
    connect();
    hear(FeatureChange{false, false, false, false});
    hear(FeatureChange{true, false, false, false});
    EXPECT_EQ(says(), (std::vector{position, shape, situation}));
}

TEST_F(ASession, owes_nothing_to_a_host_that_says_again_that_nobody_looks) {
    connect();
    hear(FeatureChange{false, false, false, false});
    hear(FeatureChange{false, false, false, false});
    session.ignore_hidden(true);
    EXPECT_TRUE(says().empty());
}

TEST_F(ASession, offers_the_same_message_until_it_is_in_the_ring) {
    connect();
    ASSERT_TRUE(session.set_mode({800, 600}));
    auto first = session.next_message(), second = session.next_message();
    ASSERT_TRUE(first && second);
    std::vector<std::byte> message(first->begin(), first->end());
    EXPECT_TRUE(std::ranges::equal(message, *second));
    EXPECT_FALSE(message.empty());
    session.sent(now);
    session.sent(now);  // nothing was offered since
    EXPECT_FALSE(session.next_message());
    ASSERT_TRUE(session.set_mode({1024, 768}));
    says();
    EXPECT_EQ(last_word(16), 3u) << "one was sent";
}

}  // namespace
}  // namespace hvfbd::hyperv
