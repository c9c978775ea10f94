#include "output/hyperv/session.h"

#include <gtest/gtest.h>

namespace hvfbd::hyperv {
namespace {

using namespace std::chrono_literals;
using synthvid::FeatureChange;

constexpr std::uint64_t address = 0xf8000000, size = 8 << 20;
constexpr int version = 1, memory = 3, situation = 5, position = 7, shape = 8, resolution = 13;

class ASession : public ::testing::Test {
  protected:
    explicit ASession(const Session::Options& options = {}) : session(options) {}

    // What it says now, by type; `ring_is_full`: nothing.
    std::vector<int> says() {
        std::vector<int> types;
        while (auto message = session.next_message()) {
            last.assign(message->begin(), message->end());
            types.push_back(std::to_integer<int>(last[8]));
            session.sent(now);
        }
        return types;
    }
    std::uint32_t last_word(std::size_t at) {
        return std::to_integer<std::uint32_t>(last[at]) | std::to_integer<std::uint32_t>(last[at + 1]) << 8 |
               std::to_integer<std::uint32_t>(last[at + 2]) << 16 |
               std::to_integer<std::uint32_t>(last[at + 3]) << 24;
    }
    void hear(const synthvid::Received& received) { session.received(received, now); }
    void pass(Duration time) {
        now += time;
        session.time_passed(now);
    }
    synthvid::ResolutionResponse list(std::vector<Mode> modes, std::size_t preferred = 0) {
        synthvid::ResolutionResponse response;
        std::copy(modes.begin(), modes.end(), response.modes.begin());
        response.count = modes.size();
        response.preferred = preferred;
        return response;
    }
    void open() { session.opened(address, size, now); }
    void connect() {
        open();
        says();
        hear(synthvid::VersionResponse{synthvid::version_3_5, true});
        says();
        hear(list({{1024, 768}, {1280, 1024}}));
        says();
        hear(synthvid::VramLocationAck{address});
        says();
        hear(synthvid::SituationUpdateAck{1});
        session.take_repaint();
    }

    Time now{1h};
    Session session;
    std::vector<std::byte> last;
};

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
        EXPECT_EQ(session.wake_at(), now + 10s);
        pass(10s);
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

TEST_F(ASession, begins_anew_with_the_shortest_pause_after_it_has_lived) {
    for (int i = 0; i < 5; ++i) {
        open();
        session.closed(now);
        now = *session.wake_at();
    }
    connect();
    session.closed(now);
    EXPECT_EQ(*session.wake_at(), now + 1s);
    EXPECT_FALSE(session.visible());
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

TEST_F(ASession, does_not_begin_with_video_memory_that_holds_no_picture) {
    session.opened(address, 640 * 480 * 4 - 1, now);
    EXPECT_TRUE(session.failure());
}

// ---- after another process of the daemon

TEST_F(ASession, goes_on_in_the_next_process_without_a_word_to_the_host_but_with_all_of_the_picture) {
    connect();
    hear(FeatureChange{true, false, false, false});
    says();
    auto kept = session.kept();
    ASSERT_TRUE(kept);
    session = Session(Session::Options{});
    ASSERT_TRUE(session.go_on(*kept, address, size, now));
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
    auto kept = session.kept();
    session = Session(Session::Options{});
    ASSERT_TRUE(session.go_on(*kept, address, size, now));
    EXPECT_FALSE(session.visible());
    EXPECT_TRUE(says().empty()) << "hidden: it wants nothing";
    hear(FeatureChange{true, false, false, true});
    EXPECT_FALSE(says().empty());
    EXPECT_EQ(session.mode(), (Mode{1280, 1024}));
}

TEST_F(ASession, that_is_not_active_is_not_kept_and_one_that_cannot_be_is_not_gone_on_with) {
    EXPECT_FALSE(session.kept());
    open();
    says();
    EXPECT_FALSE(session.kept());
    hear(synthvid::VersionResponse{synthvid::version_3_5, true});
    says();
    hear(list({{1280, 1024}}));
    says();
    hear(synthvid::VramLocationAck{address});
    says();
    auto kept = session.kept();
    ASSERT_TRUE(kept);
    Session other{Session::Options{}};
    EXPECT_FALSE(other.go_on(*kept, address, 2 << 20, now)) << "the mode does not fit that memory";
    EXPECT_FALSE(other.active());
    kept->version = 1;
    EXPECT_FALSE(other.go_on(*kept, address, size, now));
}

}  // namespace
}  // namespace hvfbd::hyperv
