#include "clients/conversation.h"

#include <gtest/gtest.h>

namespace hvfbd {
namespace {

using namespace std::chrono_literals;
constexpr Time start{1h};

Layout layout() {
    return layout_for({640, 480});
}

// A conversation whose client has said HELLO with these flags, and been looked at once.
Conversation introduced(std::uint32_t flags, bool explicit_damage = false) {
    Conversation conversation(layout(), explicit_damage);
    EXPECT_FALSE(conversation.receive(message::Hello{HVFB_PROTOCOL_VERSION, flags}, start));
    conversation.frame_begins();
    return conversation;
}

constexpr std::uint32_t full = HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN;

message::Written written(std::uint64_t serial, std::vector<message::PageRange> pages,
                         bool unprotected = false) {
    message::Written message;
    message.serial = serial;
    message.unprotected = unprotected;
    for (auto& page : pages) message.pages[message.page_count++] = page;
    return message;
}

TEST(Conversation, hello_comes_first_and_once_and_in_our_version) {
    Conversation conversation(layout(), false);
    EXPECT_TRUE(conversation.receive(message::Damaged{}, start));
    EXPECT_TRUE(Conversation(layout(), false).receive(message::Hello{HVFB_PROTOCOL_VERSION + 1, 0}, start));
    auto client = introduced(full);
    EXPECT_TRUE(client.receive(message::Hello{HVFB_PROTOCOL_VERSION, full}, start));
}

TEST(Conversation, a_client_is_looked_at_once_it_has_said_hello) {
    Conversation conversation(layout(), false);
    ASSERT_FALSE(conversation.receive(message::Hello{HVFB_PROTOCOL_VERSION, 0}, start));
    EXPECT_EQ(conversation.damaged_since(), start);
}

TEST(Conversation, unknown_messages_are_ignored_even_before_hello) {
    Conversation conversation(layout(), false);
    EXPECT_FALSE(conversation.receive(message::Unknown{99}, start));
}

TEST(Conversation, a_client_without_a_tracker_is_polled_unless_it_reports_by_itself) {
    EXPECT_TRUE(introduced(0).polled());
    EXPECT_FALSE(introduced(0, true).polled());
    EXPECT_FALSE(introduced(HVFB_HELLO_CAN_SCAN).polled());
}

TEST(Conversation, what_a_client_says_that_it_can_do_later_takes_the_place_of_its_hello) {
    auto client = introduced(HVFB_HELLO_WANTS_USERFAULTFD);
    EXPECT_TRUE(client.polled() && client.wants_userfaultfd());
    client.compared();
    ASSERT_FALSE(client.receive(message::Capabilities{full | HVFB_HELLO_CAN_REPORT}, start));
    EXPECT_FALSE(client.polled() || client.wants_userfaultfd());
    EXPECT_TRUE(client.can_rest() && client.can_report());
    EXPECT_EQ(client.introduction().flags, full | HVFB_HELLO_CAN_REPORT);
    EXPECT_TRUE(client.hints().everything()) << "what the former way would have found";
    EXPECT_TRUE(client.damaged_since());
    EXPECT_TRUE(Conversation(layout(), false).receive(message::Capabilities{full}, start)) << "after HELLO";
    EXPECT_FALSE(introduced(full | HVFB_HELLO_WANTS_USERFAULTFD).wants_userfaultfd());
    EXPECT_FALSE(introduced(HVFB_HELLO_WANTS_USERFAULTFD, true).wants_userfaultfd());
}

TEST(Conversation, reports_that_nobody_asked_for_need_to_have_been_promised) {
    auto client = introduced(full | HVFB_HELLO_CAN_REPORT);
    ASSERT_FALSE(client.receive(message::Damaged{}, start));
    ASSERT_FALSE(client.receive(written(0, {{0, 1}}), start + 1ms));
    EXPECT_TRUE(client.reported());
    EXPECT_EQ(client.damaged_since(), start + 1ms) << "what was announced is in it";
    EXPECT_TRUE(introduced(full).receive(written(0, {{0, 1}}), start));
}

TEST(Conversation, a_report_that_nobody_asked_for_leaves_the_answer_owed) {
    auto client = introduced(full | HVFB_HELLO_CAN_REPORT);
    auto serial = client.begin_collection(start);
    ASSERT_FALSE(client.receive(written(0, {{0, 1}}), start));
    EXPECT_TRUE(client.collecting());
    ASSERT_FALSE(client.receive(written(serial, {}), start));
    EXPECT_FALSE(client.collecting());
}

TEST(Conversation, what_differed_is_kept_until_it_is_told) {
    auto client = introduced(full);
    client.note_compared({{10, 2}, {20, 1}});
    client.note_compared({{0, 1}, {11, 4}});
    auto compared = client.take_compared();
    ASSERT_TRUE(compared);
    EXPECT_EQ(*compared, (std::vector<message::PageRange>{{0, 1}, {10, 5}, {20, 1}}));
    EXPECT_FALSE(client.take_compared());
}

TEST(Conversation, the_first_announcement_counts_until_a_look_begins) {
    auto conversation = introduced(full);
    conversation.receive(message::Damaged{}, start + 1ms);
    conversation.receive(message::Damaged{}, start + 2ms);
    EXPECT_EQ(conversation.damaged_since(), start + 1ms);
    conversation.frame_begins();
    EXPECT_FALSE(conversation.damaged_since());
}

TEST(Conversation, what_is_announced_after_the_answer_is_not_lost_with_it) {
    auto conversation = introduced(full);
    auto serial = conversation.begin_collection(start + 1ms);
    conversation.receive(written(serial, {{0, 1}}), start + 2ms);
    conversation.receive(message::Damaged{}, start + 2ms);
    conversation.compared();
    EXPECT_EQ(conversation.damaged_since(), start + 2ms);
}

TEST(Conversation, what_is_announced_before_the_answer_is_in_it) {
    auto conversation = introduced(full);
    auto serial = conversation.begin_collection(start + 1ms);
    conversation.receive(message::Damaged{}, start + 2ms);
    conversation.receive(written(serial, {{0, 1}}), start + 3ms);
    conversation.compared();
    EXPECT_FALSE(conversation.damaged_since());
}

TEST(Conversation, a_frame_asked_for_during_a_collection_needs_a_look_of_its_own) {
    auto conversation = introduced(full);
    auto serial = conversation.begin_collection(start + 1ms);
    conversation.receive(message::Frame{7}, start + 2ms);
    conversation.receive(written(serial, {{0, 1}}), start + 3ms);
    conversation.compared();
    EXPECT_TRUE(conversation.damaged_since());
}

TEST(Conversation, reported_pages_stay_hinted_until_they_were_compared) {
    auto conversation = introduced(full);
    auto serial = conversation.begin_collection(start);
    conversation.receive(written(serial, {{2, 3}}), start + 1ms);
    EXPECT_FALSE(conversation.hints().empty());
    EXPECT_EQ(conversation.damaged_since(), start + 1ms);
    conversation.frame_begins();
    EXPECT_TRUE(conversation.damaged_since());
    conversation.compared();
    EXPECT_FALSE(conversation.damaged_since());
    EXPECT_TRUE(conversation.hints().empty());
}

TEST(Conversation, written_answers_the_collection_under_way_and_nothing_else) {
    auto conversation = introduced(full);
    EXPECT_TRUE(introduced(full).receive(written(0, {}), start));
    EXPECT_TRUE(introduced(full).receive(written(~0ull, {}), start));
    auto serial = conversation.begin_collection(start);
    EXPECT_FALSE(conversation.receive(written(serial, {}), start));
    EXPECT_TRUE(conversation.receive(written(serial, {}), start));
}

TEST(Conversation, absurd_page_ranges_are_clipped) {
    auto conversation = introduced(full);
    auto serial = conversation.begin_collection(start);
    EXPECT_FALSE(conversation.receive(written(serial, {{0xffffffff, 0xffffffff}, {5, 0}}), start));
    for (const Rectangle& rectangle : conversation.hints().rectangles())
        EXPECT_EQ(intersection(rectangle, layout().rectangle()), rectangle);
}

TEST(Conversation, explicit_damage_hints_its_rectangles_and_no_kind_hints_everything) {
    auto conversation = introduced(0, true);
    EXPECT_TRUE(conversation.hints().everything()) << "its picture may be older than its HELLO";
    conversation.compared();
    message::Damaged damaged;
    damaged.rectangles[0] = {10, 20, 30, 40};
    damaged.rectangle_count = 1;
    conversation.receive(damaged, start);
    ASSERT_EQ(conversation.hints().rectangles().size(), 1u);
    EXPECT_EQ(conversation.hints().rectangles()[0], (Rectangle{10, 20, 30, 40}));
    conversation.receive(message::Damaged{}, start);
    EXPECT_TRUE(conversation.hints().everything());
}

TEST(Conversation, several_frames_are_answered_by_the_newest_and_wait_since_the_oldest) {
    auto conversation = introduced(full);
    conversation.receive(message::Frame{1}, start + 1ms);
    conversation.receive(message::Frame{2}, start + 2ms);
    ASSERT_TRUE(conversation.frame_request());
    EXPECT_EQ(conversation.frame_request()->frame, 2u);
    EXPECT_EQ(conversation.frame_request()->since, start + 1ms);
    EXPECT_EQ(conversation.damaged_since(), start + 1ms);
}

TEST(Conversation, an_open_frame_counts_from_the_first_begin) {
    auto conversation = introduced(full);
    conversation.receive(message::Begin{}, start + 1ms);
    conversation.receive(message::Begin{}, start + 2ms);
    EXPECT_EQ(conversation.frame_open_since(), start + 1ms);
    conversation.receive(message::End{}, start + 3ms);
    EXPECT_FALSE(conversation.frame_open_since());
}

TEST(Conversation, an_alarm_is_not_answered_by_a_report_that_was_sent_before_it_rang) {
    auto conversation = introduced(full | HVFB_HELLO_CAN_REPORT | HVFB_HELLO_CAN_ALARM);
    conversation.compared();
    conversation.frame_begins();
    conversation.rang(start + 5ms);
    // It was in the socket already; its client was stopped after that.
    EXPECT_FALSE(conversation.receive(written(0, {}), start + 5ms));
    EXPECT_EQ(conversation.damaged_since(), start + 5ms);
    conversation.frame_begins();
    std::uint64_t serial = conversation.begin_collection(start + 6ms);
    EXPECT_FALSE(conversation.receive(written(0, {}), start + 6ms)) << "so was this";
    EXPECT_FALSE(conversation.receive(written(serial, {}), start + 7ms));
    EXPECT_FALSE(conversation.damaged_since());
    conversation.announce(start + 8ms);
    EXPECT_FALSE(conversation.receive(written(0, {}), start + 9ms));
    EXPECT_FALSE(conversation.damaged_since()) << "what is announced by a message is before the report";
}

// ---- after another process of the daemon

Conversation gone_on(Introduction introduction, std::uint64_t first_serial = std::uint64_t{1} << 32) {
    return {layout(), false, introduction, first_serial, start};
}

TEST(RestoredConversation, has_everything_to_look_at_and_needs_no_hello) {
    auto conversation = gone_on({true, full});
    EXPECT_TRUE(conversation.introduced());
    EXPECT_TRUE(conversation.hints().everything());
    EXPECT_EQ(conversation.damaged_since(), start);
    EXPECT_FALSE(conversation.polled());
    EXPECT_FALSE(conversation.receive(message::Begin{}, start));
    EXPECT_TRUE(conversation.receive(message::Hello{HVFB_PROTOCOL_VERSION, full}, start)) << "HELLO twice";
}

TEST(RestoredConversation, whose_hello_died_is_polled_until_it_comes) {
    auto conversation = gone_on({});
    EXPECT_TRUE(conversation.polled());
    EXPECT_FALSE(conversation.introduction().made);
    EXPECT_FALSE(conversation.receive(message::Hello{HVFB_PROTOCOL_VERSION, full}, start));
    EXPECT_FALSE(conversation.polled());
    EXPECT_EQ(conversation.introduction(), (Introduction{true, full}));
}

TEST(RestoredConversation, takes_an_answer_to_the_process_before_as_a_report_and_waits_for_its_own) {
    auto conversation = gone_on({true, full});
    conversation.compared();
    std::uint64_t serial = conversation.begin_collection(start);
    EXPECT_GT(serial, std::uint64_t{1} << 32);
    EXPECT_FALSE(conversation.receive(written(17, {{0, 1}}), start + 1ms));
    EXPECT_FALSE(conversation.hints().empty());
    EXPECT_TRUE(conversation.collecting());
    EXPECT_FALSE(conversation.receive(written(serial, {}), start + 2ms));
    EXPECT_FALSE(conversation.collecting());
    EXPECT_TRUE(conversation.receive(written(serial + 1, {}), start + 2ms)) << "never asked for";
}

TEST(Conversation, viewers_messages_are_refused) {
    EXPECT_TRUE(introduced(full).receive(message::Next{}, start));
}

}  // namespace
}  // namespace hvfbd
