#include "client_state_fixture.h"

namespace hvfbd {
namespace {

TEST(ClientState, hello_comes_first_and_once_and_in_our_version) {
    ClientState client_state(layout(), false);
    EXPECT_TRUE(client_state.receive(message::Damaged{}, start));
    EXPECT_TRUE(ClientState(layout(), false).receive(message::Hello{HVFB_PROTOCOL_VERSION + 1, 0}, start));
    auto client = handshake_complete(full);
    EXPECT_TRUE(client.receive(message::Hello{HVFB_PROTOCOL_VERSION, full}, start));
}

TEST(ClientState, a_client_is_compared_whole_once_it_has_said_hello) {
    ClientState client_state(layout(), false);
    ASSERT_FALSE(client_state.receive(message::Hello{HVFB_PROTOCOL_VERSION, 0}, start));
    EXPECT_EQ(client_state.damaged_since(), start);
}

TEST(ClientState, unknown_messages_are_ignored_even_before_hello) {
    ClientState client_state(layout(), false);
    EXPECT_FALSE(client_state.receive(message::Unknown{99}, start));
}

TEST(ClientState, a_client_without_a_tracker_is_polled_unless_it_reports_by_itself) {
    EXPECT_TRUE(handshake_complete(0).polled());
    EXPECT_FALSE(handshake_complete(0, true).polled());
    EXPECT_FALSE(handshake_complete(HVFB_HELLO_CAN_SCAN).polled());
}

TEST(ClientState, what_a_client_says_that_it_can_do_later_takes_the_place_of_its_hello) {
    auto client = handshake_complete(HVFB_HELLO_WANTS_USERFAULTFD);
    EXPECT_TRUE(client.polled() && client.wants_userfaultfd());
    client.compared();
    ASSERT_FALSE(client.receive(message::Capabilities{full | HVFB_HELLO_CAN_REPORT}, start));
    EXPECT_FALSE(client.polled() || client.wants_userfaultfd());
    EXPECT_TRUE(client.can_rest() && client.can_report());
    EXPECT_EQ(client.handshake().flags, full | HVFB_HELLO_CAN_REPORT);
    EXPECT_TRUE(client.damage_hints().everything()) << "what the former way would have found";
    EXPECT_TRUE(client.damaged_since());
    EXPECT_TRUE(ClientState(layout(), false).receive(message::Capabilities{full}, start)) << "after HELLO";
    EXPECT_FALSE(handshake_complete(full | HVFB_HELLO_WANTS_USERFAULTFD).wants_userfaultfd());
    EXPECT_FALSE(handshake_complete(HVFB_HELLO_WANTS_USERFAULTFD, true).wants_userfaultfd());
}

TEST(ClientState, reports_that_nobody_asked_for_need_to_have_been_promised) {
    auto client = handshake_complete(full | HVFB_HELLO_CAN_REPORT);
    ASSERT_FALSE(client.receive(message::Damaged{}, start));
    ASSERT_FALSE(client.receive(written(0, {{0, 1}}), start + 1ms));
    EXPECT_TRUE(client.reported());
    EXPECT_EQ(client.damaged_since(), start + 1ms) << "what was announced is in it";
    EXPECT_TRUE(handshake_complete(full).receive(written(0, {{0, 1}}), start));
}

TEST(ClientState, a_report_that_nobody_asked_for_leaves_the_answer_owed) {
    auto client = handshake_complete(full | HVFB_HELLO_CAN_REPORT);
    auto serial = client.begin_collection(start);
    ASSERT_FALSE(client.receive(written(0, {{0, 1}}), start));
    EXPECT_TRUE(client.collecting());
    ASSERT_FALSE(client.receive(written(serial, {}), start));
    EXPECT_FALSE(client.collecting());
}

TEST(ClientState, what_differed_is_stored_until_it_is_sent) {
    auto client = handshake_complete(full);
    client.note_compared({{10, 2}, {20, 1}});
    client.note_compared({{0, 1}, {11, 4}});
    auto compared = client.take_compared();
    ASSERT_TRUE(compared);
    EXPECT_EQ(*compared, (std::vector<message::PageRange>{{0, 1}, {10, 5}, {20, 1}}));
    EXPECT_FALSE(client.take_compared());
}

TEST(ClientState, the_first_announcement_counts_until_a_frame_begins) {
    auto client_state = handshake_complete(full);
    client_state.receive(message::Damaged{}, start + 1ms);
    client_state.receive(message::Damaged{}, start + 2ms);
    EXPECT_EQ(client_state.damaged_since(), start + 1ms);
    client_state.frame_begins();
    EXPECT_FALSE(client_state.damaged_since());
}

TEST(ClientState, what_is_announced_after_the_answer_is_not_lost_with_it) {
    auto client_state = handshake_complete(full);
    auto serial = client_state.begin_collection(start + 1ms);
    client_state.receive(written(serial, {{0, 1}}), start + 2ms);
    client_state.receive(message::Damaged{}, start + 2ms);
    client_state.compared();
    EXPECT_EQ(client_state.damaged_since(), start + 2ms);
}

TEST(ClientState, what_is_announced_before_the_answer_is_in_it) {
    auto client_state = handshake_complete(full);
    auto serial = client_state.begin_collection(start + 1ms);
    client_state.receive(message::Damaged{}, start + 2ms);
    client_state.receive(written(serial, {{0, 1}}), start + 3ms);
    client_state.compared();
    EXPECT_FALSE(client_state.damaged_since());
}

TEST(ClientState, a_frame_asked_for_during_a_collection_needs_one_of_its_own) {
    auto client_state = handshake_complete(full);
    auto serial = client_state.begin_collection(start + 1ms);
    client_state.receive(message::Frame{7}, start + 2ms);
    client_state.receive(written(serial, {{0, 1}}), start + 3ms);
    client_state.compared();
    EXPECT_TRUE(client_state.damaged_since());
}

TEST(ClientState, reported_pages_stay_damage_hints_until_they_were_compared) {
    auto client_state = handshake_complete(full);
    auto serial = client_state.begin_collection(start);
    client_state.receive(written(serial, {{2, 3}}), start + 1ms);
    EXPECT_FALSE(client_state.damage_hints().empty());
    EXPECT_EQ(client_state.damaged_since(), start + 1ms);
    client_state.frame_begins();
    EXPECT_TRUE(client_state.damaged_since());
    client_state.compared();
    EXPECT_FALSE(client_state.damaged_since());
    EXPECT_TRUE(client_state.damage_hints().empty());
}

TEST(ClientState, written_answers_the_collection_under_way_and_nothing_else) {
    auto client_state = handshake_complete(full);
    EXPECT_TRUE(handshake_complete(full).receive(written(0, {}), start));
    EXPECT_TRUE(handshake_complete(full).receive(written(~0ull, {}), start));
    auto serial = client_state.begin_collection(start);
    EXPECT_FALSE(client_state.receive(written(serial, {}), start));
    EXPECT_TRUE(client_state.receive(written(serial, {}), start));
}

TEST(ClientState, absurd_page_ranges_are_clipped) {
    auto client_state = handshake_complete(full);
    auto serial = client_state.begin_collection(start);
    EXPECT_FALSE(client_state.receive(written(serial, {{0xffffffff, 0xffffffff}, {5, 0}}), start));
    for (const Rectangle& rectangle : client_state.damage_hints().rectangles())
        EXPECT_EQ(intersection(rectangle, layout().rectangle()), rectangle);
}

TEST(ClientState, explicit_damage_is_its_rectangles_and_of_no_kind_it_is_everything) {
    auto client_state = handshake_complete(0, true);
    EXPECT_TRUE(client_state.damage_hints().everything()) << "its picture may be older than its HELLO";
    client_state.compared();
    message::Damaged damaged;
    damaged.rectangles[0] = {10, 20, 30, 40};
    damaged.rectangle_count = 1;
    client_state.receive(damaged, start);
    ASSERT_EQ(client_state.damage_hints().rectangles().size(), 1u);
    EXPECT_EQ(client_state.damage_hints().rectangles()[0], (Rectangle{10, 20, 30, 40}));
    client_state.receive(message::Damaged{}, start);
    EXPECT_TRUE(client_state.damage_hints().everything());
}

TEST(ClientState, several_frames_are_answered_by_the_newest_and_wait_since_the_oldest) {
    auto client_state = handshake_complete(full);
    client_state.receive(message::Frame{1}, start + 1ms);
    client_state.receive(message::Frame{2}, start + 2ms);
    ASSERT_TRUE(client_state.frame_request());
    EXPECT_EQ(client_state.frame_request()->frame, 2u);
    EXPECT_EQ(client_state.frame_request()->since, start + 1ms);
    EXPECT_EQ(client_state.damaged_since(), start + 1ms);
}

TEST(ClientState, an_open_frame_counts_from_the_first_begin) {
    auto client_state = handshake_complete(full);
    client_state.receive(message::Begin{}, start + 1ms);
    client_state.receive(message::Begin{}, start + 2ms);
    EXPECT_EQ(client_state.frame_open_since(), start + 1ms);
    client_state.receive(message::End{}, start + 3ms);
    EXPECT_FALSE(client_state.frame_open_since());
}

TEST(ClientState, an_alarm_is_not_answered_by_a_report_that_was_sent_before_it_rang) {
    auto client_state = handshake_complete(full | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_CAN_ALARM);
    client_state.compared();
    client_state.frame_begins();
    client_state.rang(start + 5ms);
    // It was in the socket already; its client was stopped after that.
    EXPECT_FALSE(client_state.receive(written(0, {}), start + 5ms));
    EXPECT_EQ(client_state.damaged_since(), start + 5ms);
    client_state.frame_begins();
    std::uint64_t serial = client_state.begin_collection(start + 6ms);
    EXPECT_FALSE(client_state.receive(written(0, {}), start + 6ms)) << "so was this";
    EXPECT_FALSE(client_state.receive(written(serial, {}), start + 7ms));
    EXPECT_FALSE(client_state.damaged_since());
    client_state.announce(start + 8ms);
    EXPECT_FALSE(client_state.receive(written(0, {}), start + 9ms));
    EXPECT_FALSE(client_state.damaged_since()) << "what is announced by a message is before the report";
}

// ---- after another process of the daemon

TEST(RestoredClientState, has_everything_to_compare_and_needs_no_hello) {
    auto client_state = restored({true, full});
    EXPECT_TRUE(client_state.handshake_complete());
    EXPECT_TRUE(client_state.damage_hints().everything());
    EXPECT_EQ(client_state.damaged_since(), start);
    EXPECT_FALSE(client_state.polled());
    EXPECT_FALSE(client_state.receive(message::Begin{}, start));
    EXPECT_TRUE(client_state.receive(message::Hello{HVFB_PROTOCOL_VERSION, full}, start)) << "HELLO twice";
}

TEST(RestoredClientState, whose_hello_died_is_polled_until_it_comes) {
    auto client_state = restored({});
    EXPECT_TRUE(client_state.polled());
    EXPECT_FALSE(client_state.handshake().made);
    EXPECT_FALSE(client_state.receive(message::Hello{HVFB_PROTOCOL_VERSION, full}, start));
    EXPECT_FALSE(client_state.polled());
    EXPECT_EQ(client_state.handshake(), (Handshake{true, full}));
}

TEST(RestoredClientState, takes_an_answer_to_the_process_before_as_a_report_and_waits_for_its_own) {
    auto client_state = restored({true, full});
    client_state.compared();
    std::uint64_t serial = client_state.begin_collection(start);
    EXPECT_GT(serial, std::uint64_t{1} << 32);
    EXPECT_FALSE(client_state.receive(written(17, {{0, 1}}), start + 1ms));
    EXPECT_FALSE(client_state.damage_hints().empty());
    EXPECT_TRUE(client_state.collecting());
    EXPECT_FALSE(client_state.receive(written(serial, {}), start + 2ms));
    EXPECT_FALSE(client_state.collecting());
    EXPECT_TRUE(client_state.receive(written(serial + 1, {}), start + 2ms)) << "never asked for";
}

TEST(ClientState, viewers_messages_are_refused) {
    EXPECT_TRUE(handshake_complete(full).receive(message::Next{}, start));
}

}  // namespace
}  // namespace hvfbd
