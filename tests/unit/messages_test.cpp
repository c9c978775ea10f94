#include "clients/messages.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace hvfbd::message {
namespace {

std::vector<std::byte> packet(std::uint32_t type, std::vector<std::uint32_t> words) {
    std::vector<std::byte> bytes(sizeof(hvfb_header) + words.size() * 4);
    hvfb_header header{type, static_cast<std::uint32_t>(bytes.size())};
    std::memcpy(bytes.data(), &header, sizeof header);
    if (!words.empty()) std::memcpy(bytes.data() + sizeof header, words.data(), words.size() * 4);
    return bytes;
}

// The first `size` bytes of it, or zeros behind it, with a header that says that this is its length.
std::vector<std::byte> claiming_its_length(std::vector<std::byte> whole, std::size_t size) {
    whole.resize(size);
    auto claimed = static_cast<std::uint32_t>(size);
    std::memcpy(whole.data() + sizeof claimed, &claimed, sizeof claimed);
    return whole;
}

template <typename T>
T as(const FromClient& message) {
    EXPECT_TRUE(std::holds_alternative<T>(message));
    return std::holds_alternative<T>(message) ? std::get<T>(message) : T{};
}

TEST(Messages, a_hello_is_read_as_it_was_sent) {
    auto hello = as<Hello>(decode(packet(HVFB_HELLO, {1, HVFB_HELLO_CAN_SCAN})));
    EXPECT_EQ(hello.version, 1u);
    EXPECT_EQ(hello.flags, HVFB_HELLO_CAN_SCAN);
}

TEST(Messages, every_truncation_and_every_extension_of_every_message_is_malformed_and_says_why) {
    struct Case {
        std::vector<std::byte> packet;
        std::string_view why;
    };
    constexpr std::string_view damaged = "its DAMAGED has a wrong length or count",
                               written = "its WRITTEN has a wrong length or count";
    const std::vector<Case> cases = {
        {packet(HVFB_HELLO, {1, 0}), "its HELLO has a wrong length"},
        {packet(HVFB_DAMAGED, {HVFB_DAMAGED_SOMEWHERE, 0}), damaged},
        {packet(HVFB_DAMAGED, {HVFB_DAMAGED_RECTANGLES, 2, 1, 2, 3, 4, 5, 6, 7, 8}), damaged},
        {packet(HVFB_DAMAGED, {HVFB_DAMAGED_PAGES, 2, 1, 2, 3, 4}), damaged},
        {packet(HVFB_WRITTEN, {7, 0, 0, 1, 3, 4}), written},
        {packet(HVFB_BEGIN, {}), "its BEGIN has a wrong length"},
        {packet(HVFB_END, {}), "its END has a wrong length"},
        {packet(HVFB_FRAME, {1, 0}), "its FRAME has a wrong length"},
        {packet(HVFB_CONFIGURED, {1, 0}), "its CONFIGURED has a wrong length"},
        {packet(HVFB_NEXT, {}), "its NEXT has a wrong length"},
        {packet(HVFB_CAPABILITIES, {HVFB_HELLO_CAN_SCAN, 0}), "its CAPABILITIES has a wrong length"},
    };
    for (const auto& [whole, why] : cases) {
        EXPECT_FALSE(std::holds_alternative<Malformed>(decode(whole)));
        for (std::size_t size = 0; size < whole.size(); ++size) {
            EXPECT_EQ(as<Malformed>(decode({whole.data(), size})).why,
                      size < sizeof(hvfb_header)
                          ? "it sent a packet without a whole header"
                          : "it sent a packet whose length is not what its header says");
            if (size < sizeof(hvfb_header)) continue;
            EXPECT_EQ(as<Malformed>(decode(claiming_its_length(whole, size))).why, why);
        }
        EXPECT_EQ(as<Malformed>(decode(claiming_its_length(whole, whole.size() + 4))).why, why);
    }
}

TEST(Messages, a_damaged_of_no_known_kind_is_malformed_and_says_so) {
    EXPECT_EQ(as<Malformed>(decode(packet(HVFB_DAMAGED, {HVFB_DAMAGED_PAGES + 1, 0}))).why,
              "its DAMAGED is of no known kind");
    EXPECT_EQ(as<Malformed>(decode(packet(HVFB_DAMAGED, {HVFB_DAMAGED_SOMEWHERE, 1, 1, 2, 3, 4}))).why,
              "its DAMAGED has a wrong length or count")
        << "one that is somewhere has no rectangle";
}

TEST(Messages, counts_above_the_limit_are_malformed_even_if_the_packet_holds_them) {
    std::vector<std::uint32_t> words = {HVFB_DAMAGED_RECTANGLES, HVFB_DAMAGED_MAX + 1};
    words.resize(2 + (HVFB_DAMAGED_MAX + 1) * 4);
    EXPECT_TRUE(std::holds_alternative<Malformed>(decode(packet(HVFB_DAMAGED, words))));
    words = {1, 0, 0, HVFB_WRITTEN_MAX + 1};
    words.resize(4 + (HVFB_WRITTEN_MAX + 1) * 2);
    EXPECT_TRUE(std::holds_alternative<Malformed>(decode(packet(HVFB_WRITTEN, words))));
}

TEST(Messages, rectangles_that_would_wrap_saturate_instead) {
    auto damaged = as<Damaged>(
        decode(packet(HVFB_DAMAGED, {HVFB_DAMAGED_RECTANGLES, 1, 10, 0xffffffff, 0xffffffff, 2})));
    ASSERT_EQ(damaged.rectangle_count, 1u);
    EXPECT_EQ(damaged.rectangles[0], (Rectangle{10, static_cast<int>(max_extent),
                                                static_cast<int>(max_extent), static_cast<int>(max_extent)}));
}

TEST(Messages, a_written_keeps_its_serial_flags_state_and_pages) {
    std::uint32_t flags = HVFB_WRITTEN_UNPROTECTED | HVFB_TRACKER_SCANNING << HVFB_WRITTEN_STATE_SHIFT;
    auto written = as<Written>(decode(packet(HVFB_WRITTEN, {5, 1, flags, 2, 10, 3, 0xffffffff, 0xffffffff})));
    EXPECT_EQ(written.serial, 0x100000005u);
    EXPECT_FALSE(written.everything);
    EXPECT_TRUE(written.unprotected);
    EXPECT_EQ(written.tracker_state, static_cast<std::uint32_t>(HVFB_TRACKER_SCANNING));
    ASSERT_EQ(written.page_count, 2u);
    EXPECT_EQ(written.pages[0], (PageRange{10, 3}));
    EXPECT_EQ(written.pages[1], (PageRange{0xffffffff, 0xffffffff}));
}

TEST(Messages, types_that_are_not_known_or_not_for_the_daemon_are_unknown) {
    EXPECT_EQ(as<Unknown>(decode(packet(4711, {1, 2, 3}))).type, 4711u);
    EXPECT_EQ(as<Unknown>(decode(packet(HVFB_STATE, {}))).type, static_cast<std::uint32_t>(HVFB_STATE));
}

// The packet with as many bytes behind it as two more items would take.
FromClient decode_with_more_behind(std::vector<std::byte> whole) {
    const std::size_t size = whole.size();
    whole.resize(size + 2 * sizeof(hvfb_rectangle), std::byte{1});
    return decode({whole.data(), size});
}

TEST(Messages, rectangles_and_pages_are_those_that_were_sent_and_nothing_behind_them_is_read) {
    auto rectangles = as<Damaged>(decode_with_more_behind(
        packet(HVFB_DAMAGED, {HVFB_DAMAGED_RECTANGLES, 2, 1, 2, 30, 40, 500, 600, 7, 8})));
    EXPECT_EQ(rectangles.rectangle_count, 2u);
    EXPECT_EQ(rectangles.page_count, 0u);
    EXPECT_EQ(rectangles.rectangles[0], (Rectangle{1, 2, 31, 42}));
    EXPECT_EQ(rectangles.rectangles[1], (Rectangle{500, 600, 507, 608}));
    EXPECT_EQ(rectangles.rectangles[2], Rectangle{});
    auto pages =
        as<Damaged>(decode_with_more_behind(packet(HVFB_DAMAGED, {HVFB_DAMAGED_PAGES, 2, 1, 2, 3, 4})));
    EXPECT_EQ(pages.page_count, 2u);
    EXPECT_EQ(pages.rectangle_count, 0u);
    EXPECT_EQ(pages.pages[0], (PageRange{1, 2}));
    EXPECT_EQ(pages.pages[1], (PageRange{3, 4}));
    EXPECT_EQ(pages.pages[2], PageRange{});
}

TEST(Messages, each_flag_of_a_written_is_read_by_itself_and_unknown_ones_are_ignored) {
    struct Case {
        std::uint32_t flags;
        bool everything, unprotected, only_open;
        std::uint32_t tracker_state, faults;
    };
    for (const Case& one :
         {Case{0, false, false, false, 0, 0}, Case{HVFB_WRITTEN_EVERYTHING, true, false, false, 0, 0},
          Case{HVFB_WRITTEN_UNPROTECTED, false, true, false, 0, 0},
          Case{HVFB_WRITTEN_ONLY_OPEN, false, false, true, 0, 0},
          Case{HVFB_TRACKER_POLLED << HVFB_WRITTEN_STATE_SHIFT, false, false, false, 4, 0},
          Case{0xfu << HVFB_WRITTEN_STATE_SHIFT, false, false, false, 0xf, 0},
          Case{1u << HVFB_WRITTEN_FAULTS_SHIFT, false, false, false, 0, 1},
          Case{0xffu << HVFB_WRITTEN_FAULTS_SHIFT, false, false, false, 0, 0xff},
          Case{0xff00'f0f8u, false, false, false, 0, 0}}) {
        auto written = as<Written>(decode(packet(HVFB_WRITTEN, {1, 0, one.flags, 0})));
        EXPECT_EQ(written.everything, one.everything) << one.flags;
        EXPECT_EQ(written.unprotected, one.unprotected) << one.flags;
        EXPECT_EQ(written.only_open, one.only_open) << one.flags;
        EXPECT_EQ(written.tracker_state, one.tracker_state) << one.flags;
        EXPECT_EQ(written.faults, one.faults) << one.flags;
        EXPECT_EQ(written.page_count, 0u);
    }
}

}  // namespace
}  // namespace hvfbd::message
