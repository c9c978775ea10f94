// A session that is restored in the next process of the daemon.
#include "output/hyperv/saved_output.h"
#include "session_fixture.h"

namespace hvfbd::hyperv {
namespace {

using namespace std::chrono_literals;
using synthvid::FeatureChange;

// Two that are equal are the same bytes.
std::string bytes_of(const std::optional<Session::Saved>& saved) {
    SavedOutput output;
    output.descriptors = 1;
    output.session = saved.value();
    return encode_saved_output(output);
}

TEST_F(ASession, is_restored_in_the_next_process_without_a_message_to_the_host_but_with_all_of_the_picture) {
    connect();
    hear(FeatureChange{true, false, false, false});
    says();
    auto saved = session.save();
    ASSERT_TRUE(saved);
    session = Session(Session::Options{});
    ASSERT_TRUE(session.restore(*saved, size, now));
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
    ASSERT_TRUE(session.restore(*saved, size, now));
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
    EXPECT_FALSE(other.restore(*saved, 2 << 20, now)) << "the mode does not fit that memory";
    EXPECT_FALSE(other.active());
    saved->version = 1;
    EXPECT_FALSE(other.restore(*saved, size, now));
}

TEST_F(ASession, of_the_process_before_takes_the_mode_that_is_wished_for_now) {
    connect();
    session.set_mode({800, 600});
    says();
    auto saved = session.save();
    ASSERT_TRUE(saved);
    Session next({.mode = Mode{1280, 1024}, .before = {}});
    ASSERT_TRUE(next.restore(*saved, size, now));
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
    ASSERT_TRUE(next.restore(*saved, size, now));
    next.wish(Mode{1280, 1024});
    EXPECT_EQ(next.mode(), (Mode{1280, 1024}));
    next.wish(std::nullopt);
    EXPECT_EQ(next.mode(), (Mode{1280, 1024})) << "the host prefers none";
}

TEST_F(ASession, is_saved_as_it_is) {
    connect();
    auto saved = session.save();
    ASSERT_TRUE(saved);
    EXPECT_EQ(saved->version, synthvid::version_3_5);
    EXPECT_EQ(saved->chosen, std::nullopt);
    EXPECT_EQ(saved->preferred, (Mode{1024, 768}));
    EXPECT_EQ(saved->mode, (Mode{1024, 768}));
    EXPECT_EQ(saved->modes, (std::vector<Mode>{{1024, 768}, {1280, 1024}}));
    EXPECT_EQ(saved->situation, 1u);
    EXPECT_TRUE(saved->acknowledges);
    EXPECT_FALSE(saved->tolerates_silence);
    EXPECT_FALSE(saved->owed);
    EXPECT_EQ(saved->wanted, 0u);
    EXPECT_FALSE(saved->features);
    hear(FeatureChange{true, true, true, true});
    EXPECT_EQ(session.save()->wanted, 0b111000) << "a position, a shape and a situation";
    says();
    EXPECT_TRUE(session.save()->owed);
}

TEST_F(ASession, is_saved_by_the_next_process_as_it_was_by_the_one_before) {
    std::vector<std::string> saves;
    auto check = [&](const char* what) {
        auto saved = session.save();
        ASSERT_TRUE(saved) << what;
        Session next{Session::Options{}};
        ASSERT_TRUE(next.restore(*saved, size, now)) << what;
        EXPECT_EQ(bytes_of(next.save()), bytes_of(saved)) << what;
        EXPECT_EQ(std::ranges::count(saves, bytes_of(saved)), 0) << what;
        saves.push_back(bytes_of(saved));
    };
    connect_without_acknowledgement();
    check("an acknowledgement is owed");
    hear(synthvid::SituationUpdateAck{last_word(16)});
    check("at rest");
    for (unsigned flag = 0; flag < 3; ++flag) {
        hear(FeatureChange{true, flag == 0, flag == 1, flag == 2});
        check("one message is wanted");
        says();
    }
    hear(synthvid::SituationUpdateAck{last_word(16)});
    ASSERT_TRUE(session.set_mode({800, 600}));
    says();
    hear(synthvid::SituationUpdateAck{last_word(16)});
    check("a mode is chosen");
    session.set_mode({1280, 1024});
    says();
    pass(10s);
    session.closed(now);
    session = Session(Session::Options{});
    connect_without_acknowledgement();
    pass(10s);
    session.closed(now);
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, false});
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_2, true});
    says();
    hear(synthvid::VramLocationAck{address});
    check("the older version, and the host was not told the mode yet");
    says();
    pass(10s);
    check("a silence that is tolerated");
}

TEST_F(ASession, that_has_failed_is_not_saved) {
    connect_without_acknowledgement();
    EXPECT_TRUE(session.save());
    pass(10s);
    ASSERT_TRUE(session.failure());
    EXPECT_TRUE(session.active());
    EXPECT_FALSE(session.save());
}

TEST_F(ASession, that_cannot_be_restored_leaves_all_as_it_was) {
    connect();
    const Session::Saved good = *session.save();
    Session::Saved mode = good, listed = good, version = good;
    mode.mode = {2048, 2048};
    listed.modes.push_back({2048, 2048});
    version.version = synthvid::version_3_5 + 1;
    Session next{Session::Options{}};
    for (const Session::Saved& bad : {mode, listed, version}) {
        EXPECT_FALSE(next.restore(bad, 10 << 20, now));
        EXPECT_FALSE(next.active());
        EXPECT_TRUE(next.wants_channel(now));
        EXPECT_FALSE(next.set_mode({2048, 1025})) << "the video memory is the one before";
    }
    EXPECT_TRUE(next.restore(good, 64 << 20, now));
    EXPECT_TRUE(next.set_mode({3840, 2160})) << "the video memory is the restored one";
}

TEST_F(ASession, of_the_older_version_is_restored) {
    connect();
    Session::Saved saved = *session.save();
    saved.version = synthvid::version_3_2;
    Session next{Session::Options{}};
    ASSERT_TRUE(next.restore(saved, size, now));
    EXPECT_EQ(next.version(), synthvid::version_3_2);
}

TEST_F(ASession, that_owes_an_acknowledgement_has_ten_seconds_for_it_in_the_next_process) {
    connect_without_acknowledgement();
    auto saved = session.save();
    session = Session(Session::Options{});
    ASSERT_TRUE(session.restore(*saved, size, now));
    pass(10s - 1ms);
    EXPECT_FALSE(session.failure());
    pass(1ms);
    EXPECT_TRUE(session.failure());
}

TEST_F(ASession, of_a_host_that_was_not_told_the_mode_yet_tells_it_in_the_next_process_hidden_or_not) {
    connect();
    session.closed(now);
    open();
    says();
    hear(FeatureChange{false, false, false, false});
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{1024, 768}}));
    says();
    hear(synthvid::VramLocationAck{address});
    auto saved = session.save();  // the ring is full
    ASSERT_TRUE(saved);
    EXPECT_FALSE(saved->owed);
    session = Session(Session::Options{});
    ASSERT_TRUE(session.restore(*saved, size, now));
    pass(10s);
    EXPECT_TRUE(session.failure()) << "the ring stays full";
    session = Session(Session::Options{});
    ASSERT_TRUE(session.restore(*saved, size, now));
    pass(9s);
    EXPECT_EQ(says(), (std::vector{position, shape, situation}));
    pass(9s);
    EXPECT_FALSE(session.failure());
    pass(1s);
    EXPECT_TRUE(session.failure());
}

// ---- the mode that is wished for by now

TEST_F(ASession, keeps_a_wish_for_the_mode_that_is_shown_when_it_begins_anew) {
    connect();
    auto saved = session.save();
    session = Session(Session::Options{});
    ASSERT_TRUE(session.restore(*saved, size, now));
    session.wish(Mode{1024, 768});
    EXPECT_TRUE(says().empty());
    session.closed(now);
    open();
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{1280, 1024}}));
    says();
    hear(synthvid::VramLocationAck{address});
    EXPECT_EQ(session.mode(), (Mode{1024, 768}));
}

TEST_F(ASession, keeps_a_wish_that_does_not_fit_for_a_larger_video_memory) {
    connect();
    session.wish(Mode{3840, 2160});
    EXPECT_EQ(session.mode(), (Mode{1024, 768}));
    session.closed(now);
    session.opened(address, 64 << 20, now);
    says();
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{1280, 1024}}));
    says();
    hear(synthvid::VramLocationAck{address});
    EXPECT_EQ(session.mode(), (Mode{3840, 2160}));
    EXPECT_FALSE(session.unfit_mode());
}

TEST_F(ASession, with_no_wish_any_more_follows_what_the_host_prefers) {
    connect();
    session.wish(Mode{800, 600});
    EXPECT_EQ(session.save()->chosen, (Mode{800, 600}));
    session.wish(std::nullopt);
    EXPECT_EQ(session.mode(), (Mode{1024, 768}));
    EXPECT_EQ(session.save()->chosen, std::nullopt);
}

TEST_F(ASession, whose_wish_is_shown_says_nothing) {
    connect();
    session.take_repaint();
    session.wish(Mode{1024, 768});
    session.wish(std::nullopt);
    EXPECT_TRUE(says().empty());
    EXPECT_FALSE(session.take_repaint());
    EXPECT_FALSE(session.unfit_mode());
}

}  // namespace
}  // namespace hvfbd::hyperv
