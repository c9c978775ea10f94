// The state that the daemon leaves for its next process: what is read is what was written, however it ended.
#include "state.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "base/bytes.h"
#include "output/hyperv/kept_output.h"
#include "pacing/tuning.h"

namespace hvfbd {
namespace {

KeptDisplay some_display(std::uint64_t seed) {
    KeptDisplay state;
    state.tuning = {{"RefreshLimit", "60"}, {"Tracking", "scan"}};
    state.mode = Mode{1280, 720};
    state.frame = 12345 + seed;
    state.last_surface = 7;
    state.last_viewer = 3;
    KeptSurface kept;
    kept.number = 2;
    kept.name = "kept";
    kept.keep = true;
    kept.uid = 1000;
    kept.layout = layout_for({1280, 720}, 6000);
    kept.shadow = kept.last_shadow = 4;
    KeptSurface drawn = kept;
    drawn.number = 7;
    drawn.keep = false;
    drawn.client = KeptClient{":1.42", 1000, 4711, true};
    drawn.offer = KeptOffer{9, layout_for({640, 480})};
    drawn.replaced = KeptOffer{8, layout_for({800, 600})};
    drawn.introduction = {true, 7};
    drawn.connection = 3;
    state.surfaces = {kept, drawn};
    state.viewers = {{3, {":1.43", 0, 99, false}, true}};
    state.output = "bytes of an output";
    state.output_name = "hyperv";
    state.size = {1280, 720};
    return state;
}

State some_state(std::uint64_t seed = 1) {
    State state;
    state.generation = seed;
    state.displays = {some_display(seed), some_display(seed + 100)};
    state.displays[1].surfaces.pop_back();
    return state;
}

std::vector<std::byte> encoded(const State& state) {
    std::vector<std::byte> bytes;
    encode(state, bytes);
    return bytes;
}

struct Memory {
    Memory() : bytes(state_memory_size) { format_state_memory(bytes); }
    std::vector<std::byte> bytes;
};

TEST(State, comes_back_as_it_was_written) {
    Decoded decoded = decode_state(encoded(some_state()));
    ASSERT_TRUE(decoded.state) << decoded.why;
    EXPECT_EQ(*decoded.state, some_state());
    EXPECT_EQ(decode_state(encoded({})).state, State());
}

TEST(State, that_is_cut_off_or_goes_on_is_refused) {
    std::vector<std::byte> bytes = encoded(some_state());
    std::vector<std::size_t> accepted;
    for (std::size_t size = 0; size < bytes.size(); ++size)
        if (decode_state(std::span(bytes).first(size)).state) accepted.push_back(size);
    EXPECT_EQ(accepted.size(), 2u) << "only between two objects: that a slot is whole is its sum's to say";
    bytes.push_back(std::byte{});
    EXPECT_FALSE(decode_state(bytes).state);
}

// What a newer hvfbd may have written: see the objects of state.cpp.
TEST(State, of_a_newer_daemon_is_gone_on_with_but_for_what_is_not_known) {
    State state = some_state();
    state.displays.pop_back();
    std::vector<std::byte> bytes = encoded(state);
    auto u16 = [](std::vector<std::byte>& to, std::uint16_t value) { ByteWriter(to).put(value); };
    auto u32 = [](const std::vector<std::byte>& from, std::size_t at) {
        std::uint32_t value = 0;
        std::memcpy(&value, from.data() + at, sizeof value);
        return value;
    };
    // Each object gets a field more, and a sibling of a kind that nobody knows; a second surface comes in a
    // version that nobody knows.
    auto newer = [&](const auto& self, std::span<const std::byte> objects) -> std::vector<std::byte> {
        std::vector<std::byte> out;
        std::vector<std::byte> from(objects.begin(), objects.end());
        for (std::size_t at = 0; at < from.size();) {
            std::uint16_t kind = 0;
            std::memcpy(&kind, from.data() + at, sizeof kind);
            std::span<const std::byte> content = std::span(from).subspan(at + 8, u32(from, at + 4));
            bool nested = kind == 2;
            std::vector<std::byte> longer =
                nested ? self(self, content) : std::vector<std::byte>(content.begin(), content.end());
            if (!nested) longer.insert(longer.end(), 5, std::byte{0xee});
            for (std::uint16_t version : {1, 2}) {
                if (version == 2 && kind != 5) continue;
                u16(out, kind);
                u16(out, version);
                ByteWriter(out).put_bytes(longer);
            }
            u16(out, 777);
            u16(out, 1);
            ByteWriter(out).put_bytes(content);
            at += 8 + content.size();
        }
        return out;
    };
    Decoded decoded = decode_state(newer(newer, bytes));
    ASSERT_TRUE(decoded.state) << decoded.why;
    EXPECT_EQ(*decoded.state, state);
    // Of 2 at the top and 6 in the display a sibling each, and of 2 surfaces another version.
    EXPECT_EQ(decoded.passed_over, 10u);
}

TEST(State, of_a_display_whose_facts_are_not_known_is_one_that_begins_anew) {
    State state = some_state();
    state.displays.pop_back();
    std::vector<std::byte> bytes = encoded(state);
    // The header, the display's head, and the version of the first object in it.
    bytes.at(8 + 8 + 8 + 2) = std::byte{9};
    Decoded decoded = decode_state(bytes);
    ASSERT_TRUE(decoded.state) << decoded.why;
    ASSERT_EQ(decoded.state->displays.size(), 1u);
    EXPECT_TRUE(decoded.state->displays[0].surfaces.empty());
    EXPECT_EQ(decode_state(encoded(*decoded.state)).state, decoded.state);
}

TEST(State, of_a_display_that_is_not_known_leaves_the_displays_behind_it_their_numbers) {
    State state = some_state();
    std::vector<std::byte> bytes = encoded(state);
    // The header, and the version of the first display.
    bytes.at(8 + 8 + 2) = std::byte{9};
    Decoded decoded = decode_state(bytes);
    ASSERT_TRUE(decoded.state) << decoded.why;
    EXPECT_EQ(decoded.passed_over, 1u);
    ASSERT_EQ(decoded.state->displays.size(), 2u);
    EXPECT_TRUE(decoded.state->displays[0].surfaces.empty());
    EXPECT_EQ(decoded.state->displays[1], state.displays[1]);
    EXPECT_EQ(decode_state(encoded(*decoded.state)).state, decoded.state);
}

// The bytes that version 3, and 4 with a flag more, put there, field by field.
std::vector<std::byte> listed(std::uint32_t format) {
    std::vector<std::byte> bytes;
    ByteWriter out(bytes);
    auto mode = [&](std::uint32_t width, std::uint32_t height) {
        out.put(width);
        out.put(height);
    };
    out.put(std::uint64_t{7});  // generation
    out.put(std::uint32_t{1});  // displays
    out.put(std::uint32_t{1});  // what was set
    out.put_text("RefreshLimit");
    out.put_text("60");
    out.put(std::uint8_t{1});
    mode(1280, 720);
    out.put(std::uint64_t{12345});  // frame
    out.put(std::uint32_t{2});      // last surface
    out.put(std::uint32_t{1});      // last viewer
    out.put(std::uint32_t{1});      // surfaces
    out.put(std::uint32_t{2});
    out.put_text("kept");
    out.put(std::uint8_t{0});
    out.put(std::uint8_t{1});
    out.put(std::uint32_t{1000});
    mode(1280, 720);
    out.put(std::uint32_t{5120});
    out.put(std::uint64_t{4});  // shadow
    out.put(std::uint64_t{4});
    out.put(std::uint8_t{0});                   // offer
    if (format >= 4) out.put(std::uint8_t{0});  // replaced offer
    out.put(std::uint64_t{1});                  // connection
    out.put(std::uint8_t{0});                   // client
    out.put(std::uint8_t{1});
    out.put(std::uint32_t{7});
    out.put(std::uint32_t{1});  // viewers
    out.put(std::uint32_t{1});
    out.put_text(":1.43");
    out.put(std::uint32_t{0});
    out.put(std::uint32_t{99});
    out.put(std::uint8_t{0});
    out.put(std::uint8_t{1});
    out.put_text("");
    out.put_text("memory");
    mode(1280, 720);
    return bytes;
}

void expect_listed(const Decoded& decoded) {
    ASSERT_TRUE(decoded.state) << decoded.why;
    EXPECT_EQ(decoded.state->generation, 7u);
    ASSERT_EQ(decoded.state->displays.size(), 1u);
    const KeptDisplay& display = decoded.state->displays[0];
    EXPECT_EQ(display.tuning.size(), 1u);
    EXPECT_EQ(display.frame, 12345u);
    EXPECT_EQ(display.output_name, "memory");
    ASSERT_EQ(display.surfaces.size(), 1u);
    EXPECT_EQ(display.surfaces[0].name, "kept");
    EXPECT_EQ(display.surfaces[0].shadow, 4u);
    EXPECT_EQ(display.surfaces[0].introduction, (Introduction{true, 7}));
    ASSERT_EQ(display.viewers.size(), 1u);
    EXPECT_EQ(display.viewers[0].client.pid, 99u);
}

TEST(State, of_the_daemons_before_there_were_objects_is_gone_on_with) {
    for (std::uint32_t format : {3U, 4U}) {
        std::vector<std::byte> bytes = listed(format);
        expect_listed(decode_listed_state(bytes, format));
        for (std::size_t size = 0; size < bytes.size(); ++size)
            EXPECT_FALSE(decode_listed_state(std::span(bytes).first(size), format).state) << size;
    }
}

TEST(State, that_cannot_be_is_refused) {
    auto whole_refused = [](const auto& spoil) {
        State state = some_state();
        spoil(state);
        return !decode_state(encoded(state)).state.has_value();
    };
    auto refused = [&](const auto& spoil) {
        return whole_refused([&](State& state) { spoil(state.displays[0]); });
    };
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.surfaces[0].number = 7; })) << "a number twice";
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.surfaces[0].number = 8; }))
        << "a number that is yet to be given";
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.viewers[0].number = 0; }));
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.surfaces[0].layout.stride = 3; }));
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.surfaces[1].client.reset(); }))
        << "nobody's, and not kept";
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.surfaces[1].replaced->serial = 9; }))
        << "the replaced offer is the offer";
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.surfaces[1].offer.reset(); }))
        << "replaced by nothing";
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.surfaces[1].offer->serial = 4; }))
        << "one buffer twice";
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.surfaces[1].name = std::string(65, 'x'); }));
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.surfaces[1].client->pid = 0xffffffff; }));
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.mode = Mode{0, 5}; }));
    EXPECT_TRUE(refused([](KeptDisplay& state) { state.size = Mode{5, 0}; }));
    EXPECT_TRUE(whole_refused([](State& whole) { whole.displays.resize(65); }));
    EXPECT_TRUE(whole_refused([](State& whole) { whole.displays[1].viewers[0].number = 0; }));
    EXPECT_TRUE(whole_refused([](State& whole) { whole.generation = ~std::uint64_t{0}; }));
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
    for (unsigned round = 0; round < 300; ++round) {
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
    EXPECT_NE(decoded.why.find("version 3 to 5"), std::string::npos) << decoded.why;
    memory.bytes[0] = std::byte{};
    EXPECT_FALSE(read_state(memory.bytes).state);
    EXPECT_FALSE(read_state(std::span(memory.bytes).first(100)).state);
}

// As version 3 wrote it: one slot, and FNV-1a over sequence and content.
TEST(StateMemory, of_a_daemon_before_is_taken_over_whenever_the_next_one_is_killed) {
    Memory before;
    std::vector<std::byte> list = listed(3);
    std::uint64_t sum = (0xcbf29ce484222325 ^ 1) * 0x100000001b3;
    for (std::byte byte : list) sum = (sum ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3;
    std::vector<std::byte> slot;
    ByteWriter out(slot);
    for (std::uint64_t value : {std::uint64_t{1}, std::uint64_t{list.size()}, sum}) out.put(value);
    slot.insert(slot.end(), list.begin(), list.end());
    std::memcpy(before.bytes.data() + 64, slot.data(), slot.size());
    before.bytes[8] = std::byte{3};
    expect_listed(read_state(before.bytes));
    Memory after = before;
    ASSERT_TRUE(write_state(after.bytes, encoded(some_state(4))));
    EXPECT_EQ(read_state(after.bytes).state, some_state(4));
    EXPECT_EQ(after.bytes[8], std::byte{5});
    // In the order in which it is written: the slot, then the version.
    Memory torn = before;
    for (std::size_t at = 64; at < state_memory_size; ++at) {
        if (torn.bytes[at] == after.bytes[at]) continue;
        torn.bytes[at] = after.bytes[at];
        Decoded decoded = read_state(torn.bytes);
        ASSERT_TRUE(decoded.state) << at << decoded.why;
        ASSERT_TRUE(decoded.state->generation == 7 || *decoded.state == some_state(4)) << at;
        if (at % 16 == 0 && *decoded.state != some_state(4)) {
            Memory again = torn;
            ASSERT_TRUE(write_state(again.bytes, encoded(some_state(5))));
            ASSERT_EQ(read_state(again.bytes).state, some_state(5));
        }
    }
    EXPECT_EQ(read_state(torn.bytes).state, some_state(4));
}

TEST(StateMemory, keeps_what_it_has_when_something_too_long_comes) {
    Memory memory;
    ASSERT_TRUE(write_state(memory.bytes, encoded(some_state())));
    EXPECT_FALSE(write_state(memory.bytes, std::vector<std::byte>(state_slot_size)));
    EXPECT_EQ(read_state(memory.bytes).state, some_state());
}

TEST(KeptOutput, comes_back_as_it_was_written_and_nothing_else_does) {
    using namespace hyperv;
    KeptOutput kept;
    kept.connection = 3;
    kept.descriptors = 6;
    kept.device = "/run/uio\nhvfbd-simulated-uio 1\n";
    kept.vram_address = 0xf8000000;
    kept.vram_size = 8 << 20;
    kept.session.version = synthvid::version_3_5;
    kept.session.mode = {1024, 768};
    kept.session.modes = {{1024, 768}, {640, 480}};
    kept.session.preferred = Mode{1024, 768};
    kept.session.features = synthvid::FeatureChange{true, false, true, false};
    kept.session.wanted = 32;
    std::string bytes = encode_kept_output(kept);
    auto decoded = decode_kept_output(bytes);
    ASSERT_TRUE(decoded);
    EXPECT_EQ(encode_kept_output(*decoded), bytes);
    EXPECT_EQ(decoded->session.modes, kept.session.modes);
    EXPECT_TRUE(decoded->session.features->pointer_shape);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_kept_output(bytes.substr(0, size)));
}

TEST(Tuning, says_what_differs_in_words_that_set_it_again) {
    Tuning base, other;
    set(other, "RefreshLimit", "61");
    set(other, "RefreshMode", "periodic");
    set(other, "SettleDelay", "17");
    set(other, "IdleTimeout", "18");
    set(other, "Tracking", "fault");
    set(other, "MaxRects", "3");
    set(other, "WhenHidden", "ignore");
    EXPECT_EQ(differences(base, other).size(), 7u);
    for (const auto& [name, value] : differences(base, other)) EXPECT_TRUE(set(base, name, value));
    EXPECT_EQ(base, other);
    EXPECT_TRUE(differences(base, other).empty());
}

}  // namespace
}  // namespace hvfbd
