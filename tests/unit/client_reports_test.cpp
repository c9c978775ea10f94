#include "client_state_fixture.h"

// What a client says by DAMAGED and WRITTEN, and what is known after it.
namespace hvfbd {
namespace {

using Pages = std::vector<message::PageRange>;

// ---- what it can do

TEST(ClientCapabilities, follow_from_the_flags_and_one_without_what_it_needs_is_none) {
    struct Case {
        std::uint32_t flags;
        bool polled, rests, reports, sets_alarm;
    };
    constexpr std::uint32_t announce = HVFB_HELLO_CAN_ANNOUNCE, scan = HVFB_HELLO_CAN_SCAN,
                            report = HVFB_HELLO_CAN_REPORT, alarm = HVFB_HELLO_CAN_ALARM;
    for (const Case& one :
         {Case{0, true, false, false, false}, Case{announce, false, true, false, false},
          Case{scan, false, false, false, false}, Case{report, true, false, false, false},
          Case{report | alarm, true, false, false, false}, Case{announce | report, false, true, true, false},
          Case{scan | report, false, false, true, false},
          Case{scan | report | alarm, false, false, true, false},
          Case{announce | alarm, false, true, false, false},
          Case{announce | report | alarm, false, true, true, true}}) {
        auto client = compared_once(one.flags);
        EXPECT_EQ(client.polled(), one.polled) << one.flags;
        EXPECT_EQ(client.can_rest(), one.rests) << one.flags;
        EXPECT_EQ(client.can_report(), one.reports) << one.flags;
        EXPECT_EQ(client.sets_alarm(), one.sets_alarm) << one.flags;
    }
}

// One that says by a report that it is in this state.
ClientState in_state(std::uint32_t tracker_state, std::uint32_t flags, bool explicit_damage = false) {
    auto client = compared_once(flags, explicit_damage);
    message::Written report = written(client.begin_collection(start), {});
    report.tracker_state = tracker_state;
    EXPECT_FALSE(client.receive(report, start));
    return client;
}

TEST(ClientCapabilities, a_client_reports_by_itself_while_it_rests_or_scans_if_it_can_and_is_tracked) {
    for (std::uint32_t state = 0; state < 16; ++state) {
        const bool tracks = state == HVFB_TRACKER_RESTING || state == HVFB_TRACKER_SCANNING;
        EXPECT_EQ(in_state(state, reporting).reports(), tracks) << state;
        EXPECT_EQ(in_state(state, reporting).scans(), state == HVFB_TRACKER_SCANNING) << state;
        EXPECT_FALSE(in_state(state, full).reports()) << state;
        EXPECT_FALSE(in_state(state, reporting, true).reports()) << state;
    }
}

TEST(ClientCapabilities, the_state_of_the_tracker_is_said_in_words_whatever_number_is_sent) {
    EXPECT_EQ(handshake_complete(full).tracker_state(), "off") << "before its first report";
    EXPECT_EQ(handshake_complete(0).tracker_state(), "polled") << "it has no tracker";
    for (std::uint32_t state = 0; state < 16; ++state) {
        constexpr std::array<std::string_view, 5> words{"off", "resting", "scanning", "comparing", "polled"};
        EXPECT_EQ(in_state(state, full).tracker_state(), state < words.size() ? words[state] : "off");
        EXPECT_EQ(in_state(state, full, true).tracker_state(), "none") << "explicit damage";
    }
}

// ---- DAMAGED

TEST(Damaged, pages_of_a_tracked_client_announce_and_hint_nothing_before_they_are_reported) {
    auto client = compared_once(full);
    message::Damaged damaged;
    damaged.pages[0] = {3, 1};
    damaged.page_count = 1;
    client.receive(damaged, start + 1ms);
    EXPECT_TRUE(client.damage_hints().empty());
    EXPECT_EQ(client.damaged_since(), start + 1ms);
}

TEST(Damaged, each_page_of_explicit_damage_is_a_hint_and_no_other) {
    auto client = compared_once(0, true);
    message::Damaged damaged;
    damaged.pages[0] = {0, 1};
    damaged.pages[1] = {9, 2};
    damaged.pages[2] = {50, 1};
    damaged.page_count = 2;
    client.receive(damaged, start);
    DamageHints expected(layout());
    expected.add_pages(0, 1);
    expected.add_pages(9, 2);
    auto rectangles = expected.rectangles();
    EXPECT_EQ(hinted(client), std::vector(rectangles.begin(), rectangles.end()));
    EXPECT_FALSE(client.damage_hints().everything());
}

TEST(Damaged, each_rectangle_that_the_message_counts_is_a_hint_and_no_other) {
    auto client = compared_once(full);
    message::Damaged damaged;
    damaged.rectangles[0] = {1, 1, 2, 2};
    damaged.rectangles[1] = {5, 5, 7, 7};
    damaged.rectangles[2] = {9, 9, 10, 10};
    damaged.rectangle_count = 2;
    client.receive(damaged, start);
    EXPECT_EQ(hinted(client), (std::vector{Rectangle{1, 1, 2, 2}, Rectangle{5, 5, 7, 7}}));
}

// ---- WRITTEN

TEST(Written, hints_each_page_that_it_counts_and_no_other) {
    auto client = compared_once(full);
    message::Written report = written(client.begin_collection(start), {{0, 1}, {9, 2}, {50, 1}});
    report.page_count = 2;
    client.receive(report, start);
    DamageHints expected(layout());
    expected.add_pages(0, 1);
    expected.add_pages(9, 2);
    auto rectangles = expected.rectangles();
    EXPECT_EQ(hinted(client), std::vector(rectangles.begin(), rectangles.end()));
}

TEST(Written, of_everything_is_everything) {
    auto client = compared_once(full);
    message::Written report = written(client.begin_collection(start), {});
    report.everything = true;
    client.receive(report, start);
    EXPECT_TRUE(client.damage_hints().everything());
}

TEST(Written, with_another_serial_than_that_of_the_collection_under_way_ends_the_channel) {
    auto client = handshake_complete(full);
    auto serial = client.begin_collection(start);
    EXPECT_TRUE(client.receive(written(serial + 1, {}), start));
}

TEST(Written, tells_the_serial_that_it_answers_and_0_for_a_report) {
    auto client = handshake_complete(reporting);
    EXPECT_EQ(client.answered_serial(), 0u);
    client.receive(written(client.begin_collection(start), {}), start);
    client.receive(written(client.begin_collection(start), {}), start);
    EXPECT_EQ(client.answered_serial(), 2u);
    client.receive(written(0, {}), start);
    EXPECT_EQ(client.answered_serial(), 0u);
    EXPECT_EQ(client.begin_collection(start), 3u);
}

TEST(Written, with_any_serial_that_a_process_before_may_have_asked_for_is_a_report) {
    constexpr std::uint64_t first_serial = std::uint64_t{1} << 32;
    for (std::uint64_t serial : {std::uint64_t{1}, std::uint64_t{2}, first_serial - 1, first_serial})
        EXPECT_FALSE(restored({true, full}, first_serial).receive(written(serial, {}), start)) << serial;
    for (std::uint64_t serial : {std::uint64_t{0}, first_serial + 1})
        EXPECT_TRUE(restored({true, full}, first_serial).receive(written(serial, {}), start)) << serial;
}

TEST(Written, the_first_report_that_was_not_compared_says_since_when_there_is_damage) {
    auto client = compared_once(reporting);
    client.receive(written(0, {}), start + 1ms);
    EXPECT_FALSE(client.reported()) << "of nothing";
    client.receive(written(0, {{0, 1}}), start + 2ms);
    client.receive(written(0, {{1, 1}}), start + 3ms);
    EXPECT_EQ(client.damaged_since(), start + 2ms);
    client.receive(message::Damaged{}, start + 4ms);
    EXPECT_EQ(client.damaged_since(), start + 2ms) << "what is announced later is no older";
    client.compared();
    EXPECT_EQ(client.damaged_since(), start + 4ms);
}

TEST(Written, damage_is_known_while_a_collection_is_under_way_only_if_it_was_reported_before) {
    auto client = compared_once(reporting);
    client.receive(message::Damaged{}, start + 1ms);
    client.begin_collection(start + 2ms);
    EXPECT_FALSE(client.damaged_since()) << "the answer will say where";
    client.receive(written(0, {{0, 1}}), start + 3ms);
    EXPECT_EQ(client.damaged_since(), start + 3ms);
}

TEST(Written, a_client_is_unprotected_as_its_newest_report_says) {
    auto client = compared_once(reporting);
    EXPECT_FALSE(client.unprotected());
    client.receive(written(0, {}, true), start);
    EXPECT_TRUE(client.unprotected());
    client.receive(written(0, {}, false), start);
    EXPECT_FALSE(client.unprotected());
}

TEST(Written, a_write_is_caught_by_a_page_or_a_fault_until_it_is_compared) {
    struct Case {
        std::uint32_t faults;
        Pages pages;
        bool only_open, caught;
    };
    for (const Case& one : {Case{0, {}, false, false}, Case{1, {}, false, true}, Case{2, {}, false, true},
                            Case{0, {{0, 1}}, false, true}, Case{0, {{0, 1}, {5, 1}}, false, true},
                            Case{1, {{0, 1}}, false, true}, Case{1, {{0, 1}}, true, false}}) {
        auto client = compared_once(reporting);
        message::Written report = written(0, one.pages);
        report.faults = one.faults;
        report.only_open = one.only_open;
        client.receive(report, start);
        EXPECT_EQ(client.caught(), one.caught) << one.faults << " " << one.pages.size() << one.only_open;
        client.receive(written(0, {}), start);
        EXPECT_EQ(client.caught(), one.caught) << "until it is compared";
        client.compared();
        EXPECT_FALSE(client.caught());
    }
}

message::Written only_open(std::uint64_t serial) {
    message::Written report = written(serial, {{0, 4}});
    report.only_open = true;
    return report;
}

TEST(Written, hints_are_only_open_pages_while_every_report_since_the_comparison_said_so) {
    auto client = compared_once(reporting);
    EXPECT_FALSE(client.only_open());
    client.receive(only_open(0), start);
    EXPECT_TRUE(client.only_open());
    client.receive(only_open(0), start);
    EXPECT_TRUE(client.only_open()) << "the hints are those of the first one";
    client.receive(written(0, {{9, 1}}), start);
    EXPECT_FALSE(client.only_open()) << "a written page is among them";
    client.receive(only_open(0), start);
    EXPECT_FALSE(client.only_open()) << "it still is";
    client.compared();
    client.receive(written(0, {}), start);
    EXPECT_FALSE(client.only_open()) << "it says that they are not";
}

TEST(Written, hints_that_were_asked_for_are_never_skipped_as_only_open) {
    auto client = compared_once(reporting);
    client.receive(only_open(client.begin_collection(start)), start);
    EXPECT_FALSE(client.only_open());
}

TEST(Written, is_counted_once_for_each_thing_that_it_says) {
    auto client = compared_once(reporting);
    client.take_counts();
    client.receive(message::Damaged{}, start);
    client.receive(message::Damaged{}, start);
    client.rang(start);
    message::Written report = written(0, {}, true);
    report.faults = 5;
    report.tracker_state = HVFB_TRACKER_SCANNING;
    client.receive(report, start);
    client.receive(report, start);
    report.unprotected = false;
    report.faults = 1;
    report.tracker_state = HVFB_TRACKER_RESTING;
    client.receive(report, start);
    auto counts = client.take_counts();
    EXPECT_EQ(counts.announcements, 3u);
    EXPECT_EQ(counts.faults, 11u);
    EXPECT_EQ(counts.scans, 2u);
    EXPECT_EQ(counts.state_changes, 2u);
    counts = client.take_counts();
    EXPECT_EQ(counts.announcements + counts.faults + counts.scans + counts.state_changes, 0u);
}

// ---- an alarm

TEST(Alarm, that_rang_after_the_collection_was_asked_for_is_not_answered_by_it) {
    auto client = compared_once(reporting | HVFB_HELLO_CAN_ALARM);
    auto serial = client.begin_collection(start + 1ms);
    client.rang(start + 2ms);
    client.receive(written(serial, {}), start + 3ms);
    EXPECT_EQ(client.damaged_since(), start + 2ms);
    client.receive(written(client.begin_collection(start + 4ms), {}), start + 5ms);
    EXPECT_FALSE(client.damaged_since());
}

TEST(Alarm, that_rang_is_not_answered_by_a_report_while_the_collection_for_it_is_under_way) {
    auto client = compared_once(reporting | HVFB_HELLO_CAN_ALARM);
    client.rang(start + 1ms);
    auto serial = client.begin_collection(start + 2ms);
    client.receive(written(0, {{0, 1}}), start + 3ms);
    EXPECT_EQ(client.damaged_since(), start + 1ms);
    client.receive(written(serial, {}), start + 4ms);
    EXPECT_EQ(client.damaged_since(), start + 3ms) << "what was reported was not compared yet";
}

}  // namespace
}  // namespace hvfbd
