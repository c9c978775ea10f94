// The memory that outlives the daemon, and what daemons of before left in it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include "restart/state_before.h"
#include "rounds.h"
#include "state_samples.h"

namespace hvfbd {
namespace {

// ---- the states of others. Each file was written by an hvfbd of then.

std::vector<std::byte> memory_in(const std::string& name) {
    std::ifstream file(HVFBD_TEST_DATA "/" + name, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(file), {}};
    std::vector<std::byte> memory(state_memory_size);
    EXPECT_GT(text.size(), 88u) << "no " HVFBD_TEST_DATA "/" << name;
    std::memcpy(memory.data(), text.data(), std::min(text.size(), memory.size()));
    return memory;
}

TEST(State, of_an_hvfbd_without_layers_is_restored_as_it_was_written) {
    Decoded read = read_state(memory_in("state_version_6_without_layers"));
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(*read.state, state_without_layers());
    EXPECT_EQ(read.passed_over, 0u);
}

// The encoding before CBOR, by the last hvfbd that wrote it.
std::vector<std::byte> memory_of_version_5() {
    return memory_in("state_version_5");
}

constexpr std::size_t first_content = 64 + 24;

std::vector<std::byte> content_of_version_5() {
    std::vector<std::byte> memory = memory_of_version_5();
    std::uint64_t size = 0;
    std::memcpy(&size, memory.data() + 64 + 8, sizeof size);
    return {memory.begin() + first_content,
            memory.begin() + first_content + static_cast<std::ptrdiff_t>(size)};
}

TEST(StateBefore, is_restored_as_it_was_written) {
    Decoded read = read_state(memory_of_version_5());
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(*read.state, state_of_version_5());
    EXPECT_EQ(read.passed_over, 0u);
}

TEST(StateBefore, that_is_cut_off_or_cannot_be_is_refused) {
    std::vector<std::byte> bytes = content_of_version_5();
    std::vector<std::size_t> accepted;
    for (std::size_t size = 0; size < bytes.size(); ++size)
        if (decode_state_before(std::span(bytes).first(size)).state) accepted.push_back(size);
    EXPECT_EQ(accepted.size(), 2u) << "only between two objects: that a slot is complete is its sum's to say";
    // The number of processes before is the first field of the first object.
    bytes.at(8 + 7) = std::byte{1};
    Decoded read = decode_state_before(bytes);
    EXPECT_FALSE(read.state);
    EXPECT_NE(read.why.find("generation"), std::string::npos) << read.why;
}

TEST(StateBefore, of_a_display_whose_facts_are_not_known_is_one_that_begins_anew) {
    std::vector<std::byte> bytes = content_of_version_5();
    // The header, the display's head, and the version of the first object in it.
    bytes.at(8 + 8 + 8 + 2) = std::byte{9};
    Decoded read = decode_state_before(bytes);
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(read.passed_over, 1u);
    ASSERT_EQ(read.state->displays.size(), 2u);
    EXPECT_TRUE(read.state->displays[0].surfaces.empty());
    EXPECT_EQ(read.state->displays[1], state_of_version_5().displays[1]);
}

TEST(StateBefore, of_a_display_that_is_not_known_leaves_the_displays_behind_it_their_numbers) {
    std::vector<std::byte> bytes = content_of_version_5();
    // The header, and the version of the first display.
    bytes.at(8 + 8 + 2) = std::byte{9};
    Decoded read = decode_state_before(bytes);
    ASSERT_TRUE(read.state) << read.why;
    EXPECT_EQ(read.passed_over, 1u);
    ASSERT_EQ(read.state->displays.size(), 2u);
    EXPECT_TRUE(read.state->displays[0].surfaces.empty());
    EXPECT_EQ(read.state->displays[1], state_of_version_5().displays[1]);
}

TEST(StateMemory, holds_the_newest_of_many) {
    Memory memory;
    EXPECT_FALSE(read_state(memory.bytes).state);
    for (std::uint64_t i = 1; i < 20; ++i) {
        ASSERT_TRUE(write_state(memory.bytes, encoded(some_state(i))));
        EXPECT_EQ(read_state(memory.bytes).state, some_state(i));
    }
}

// A writer that is killed has changed some of what it was about to change.
TEST(StateMemory, whose_writer_is_killed_at_any_byte_holds_the_state_before_or_after_it) {
    Memory before;
    for (std::uint64_t i = 1; i < 4; ++i) ASSERT_TRUE(write_state(before.bytes, encoded(some_state(i))));
    Memory after = before;
    ASSERT_TRUE(write_state(after.bytes, encoded(some_state(4))));
    std::vector<std::size_t> changed;
    for (std::size_t at = 0; at < state_memory_size; ++at)
        if (before.bytes[at] != after.bytes[at]) changed.push_back(at);
    ASSERT_GT(changed.size(), 8u);
    std::mt19937_64 random(5);
    for (unsigned round = 0; round < testing::rounds(300); ++round) {
        Memory torn = before;
        for (std::size_t at : changed)
            if (random() % (1 + round % 5) == 0) torn.bytes[at] = after.bytes[at];
        Decoded decoded = read_state(torn.bytes);
        ASSERT_TRUE(decoded.state) << decoded.why;
        ASSERT_TRUE(*decoded.state == some_state(3) || *decoded.state == some_state(4));
        // The next process writes there as well, and may be killed too.
        Memory torn_before = torn;
        ASSERT_TRUE(write_state(torn.bytes, encoded(some_state(5))));
        ASSERT_EQ(read_state(torn.bytes).state, some_state(5));
        for (std::size_t at = 0; at < state_memory_size; ++at)
            if (torn.bytes[at] != torn_before.bytes[at] && random() % 2 == 0)
                torn.bytes[at] = torn_before.bytes[at];
        ASSERT_TRUE(read_state(torn.bytes).state);
    }
}

TEST(StateMemory, of_another_version_is_refused_by_a_sentence_that_names_both) {
    Memory memory;
    ASSERT_TRUE(write_state(memory.bytes, encoded(some_state())));
    memory.bytes[8] = std::byte{99};
    Decoded decoded = read_state(memory.bytes);
    EXPECT_FALSE(decoded.state);
    EXPECT_NE(decoded.why.find("version 99"), std::string::npos) << decoded.why;
    EXPECT_NE(decoded.why.find("version 5 and 6"), std::string::npos) << decoded.why;
    memory.bytes[0] = std::byte{};
    EXPECT_FALSE(read_state(memory.bytes).state);
    EXPECT_FALSE(read_state(std::span(memory.bytes).first(100)).state);
}

TEST(StateMemory, of_a_daemon_before_is_restored_whenever_the_next_one_is_killed) {
    Memory before;
    before.bytes = memory_of_version_5();
    Memory after = before;
    ASSERT_TRUE(write_state(after.bytes, encoded(some_state(4))));
    EXPECT_EQ(read_state(after.bytes).state, some_state(4));
    EXPECT_EQ(after.bytes[8], std::byte{6});
    // In the order in which it is written: the slot, then the version.
    std::vector<std::size_t> changed;
    for (std::size_t at = 64; at < state_memory_size; ++at)
        if (before.bytes[at] != after.bytes[at]) changed.push_back(at);
    changed.push_back(8);
    Memory torn = before;
    for (std::size_t at : changed) {
        torn.bytes[at] = after.bytes[at];
        Decoded read = read_state(torn.bytes);
        ASSERT_TRUE(read.state) << at << read.why;
        ASSERT_TRUE(*read.state == state_of_version_5() || *read.state == some_state(4)) << at;
        if (at % 16 == 0 && *read.state != some_state(4)) {
            Memory again = torn;
            ASSERT_TRUE(write_state(again.bytes, encoded(some_state(5))));
            ASSERT_EQ(read_state(again.bytes).state, some_state(5));
        }
    }
    EXPECT_EQ(torn.bytes, after.bytes);
}

TEST(StateMemory, of_a_daemon_that_wrote_lists_is_refused_by_a_sentence) {
    for (unsigned version : {3U, 4U}) {
        Memory memory;
        memory.bytes[8] = std::byte{static_cast<std::uint8_t>(version)};
        Decoded read = read_state(memory.bytes);
        EXPECT_FALSE(read.state);
        EXPECT_NE(read.why.find("it has version " + std::to_string(version)), std::string::npos) << read.why;
    }
}

TEST(StateMemory, keeps_what_it_has_when_something_too_long_comes) {
    Memory memory;
    ASSERT_TRUE(write_state(memory.bytes, encoded(some_state())));
    EXPECT_FALSE(write_state(memory.bytes, std::vector<std::byte>(state_slot_size)));
    EXPECT_EQ(read_state(memory.bytes).state, some_state());
}

}  // namespace
}  // namespace hvfbd
