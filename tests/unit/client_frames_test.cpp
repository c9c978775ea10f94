#include "client_state_fixture.h"

// FRAME and what answers it, CONFIGURED, and a new buffer.
namespace hvfbd {
namespace {

TEST(FrameRequest, that_was_asked_before_a_collection_is_answered_by_it) {
    auto client = compared_once(full);
    client.receive(message::Frame{1}, start + 1ms);
    client.receive(written(client.begin_collection(start + 2ms), {}), start + 3ms);
    EXPECT_FALSE(client.damaged_since());
}

TEST(FrameRequest, that_was_asked_at_the_moment_of_a_collection_needs_another_one) {
    auto client = compared_once(full);
    client.receive(message::Frame{1}, start + 1ms);
    client.receive(written(client.begin_collection(start + 1ms), {}), start + 3ms);
    EXPECT_EQ(client.damaged_since(), start + 1ms);
}

TEST(FrameRequest, is_not_answered_by_a_report_that_nobody_asked_for) {
    auto client = compared_once(reporting);
    client.receive(message::Frame{1}, start + 1ms);
    client.receive(written(0, {}), start + 2ms);
    EXPECT_EQ(client.damaged_since(), start + 1ms);
    client.begin_collection(start + 3ms);
    client.receive(written(0, {{0, 1}}), start + 4ms);
    EXPECT_EQ(client.damaged_since(), start + 1ms) << "nor while a collection is under way";
}

TEST(FrameRequest, is_answered_by_its_own_number_and_a_later_one_and_not_by_an_earlier_one) {
    for (std::uint64_t answered : {5, 6, 7, 8}) {
        auto client = handshake_complete(full);
        client.receive(message::Frame{7}, start + 1ms);
        client.frame_answered(answered);
        EXPECT_EQ(client.frame_request().has_value(), answered < 7) << answered;
        EXPECT_EQ(client.frame_due().has_value(), answered < 7) << answered;
    }
}

TEST(FrameRequest, that_is_answered_twice_stays_answered) {
    auto client = handshake_complete(full);
    client.frame_answered(1);
    client.receive(message::Frame{1}, start);
    client.frame_answered(1);
    client.frame_answered(1);
    EXPECT_FALSE(client.frame_request());
    EXPECT_FALSE(client.frame_due());
}

// Asks at every due(), as the owner does, and returns when the frame is overdue.
std::optional<Time> overdue_at(ClientState& client, Duration limit, Time now) {
    while (!client.frame_overdue(limit, now)) {
        if (!client.frame_due()) return std::nullopt;
        now = std::max(now + 1ns, *client.frame_due());
    }
    return now;
}

TEST(FrameRequest, is_overdue_when_it_has_waited_for_the_limit_and_not_before) {
    for (Duration limit : {Duration(10ms), Duration(100ms)}) {
        auto client = handshake_complete(full);
        EXPECT_FALSE(client.frame_overdue(limit, start)) << "nothing was asked for";
        client.receive(message::Frame{1}, start);
        EXPECT_EQ(overdue_at(client, limit, start), start + limit);
    }
}

TEST(FrameRequest, of_several_waits_since_the_oldest_until_that_is_answered_and_then_since_the_newest) {
    auto client = handshake_complete(full);
    client.receive(message::Frame{1}, start);
    client.frame_overdue(40ms, start + 5ms);
    client.receive(message::Frame{2}, start + 5ms);
    EXPECT_EQ(overdue_at(client, 40ms, start + 5ms), start + 40ms);
    client.frame_answered(1);
    ASSERT_TRUE(client.frame_request());
    EXPECT_EQ(client.frame_request()->frame, 2u);
    EXPECT_EQ(client.frame_request()->since, start + 5ms);
    client.frame_answered(2);
    client.receive(message::Frame{3}, start + 50ms);
    client.receive(message::Frame{4}, start + 55ms);
    client.frame_answered(3);
    EXPECT_EQ(overdue_at(client, 40ms, start + 55ms), start + 95ms);
}

TEST(Configured, is_taken_once_with_its_serial_and_the_newest_counts) {
    auto client = handshake_complete(full);
    EXPECT_FALSE(client.take_configured());
    client.receive(message::Configured{6}, start);
    client.receive(message::Configured{7}, start);
    EXPECT_EQ(client.take_configured(), 7u);
    EXPECT_FALSE(client.take_configured());
}

TEST(NewBuffer, is_compared_whole_in_its_own_size_and_nothing_of_the_old_one_is_said_to_have_differed) {
    auto client = compared_once(full);
    client.note_compared({{0, 1}});
    client.receive(written(client.begin_collection(start), {{0, 1}}), start);
    client.start_over(layout_for({320, 200}), start + 1ms);
    EXPECT_TRUE(client.damage_hints().everything());
    EXPECT_EQ(hinted(client), std::vector<Rectangle>({{0, 0, 320, 200}}));
    EXPECT_FALSE(client.take_compared());
    client.compared();
    EXPECT_EQ(client.damaged_since(), start + 1ms) << "a frame is to be begun for it";
}

}  // namespace
}  // namespace hvfbd
