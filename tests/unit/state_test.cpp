// The state that the daemon leaves for its next process: what is read is what was written, however it ended.
#include "state.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

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
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(decode_state(std::span(bytes).first(size)).state) << size;
    bytes.push_back(std::byte{});
    EXPECT_FALSE(decode_state(bytes).state);
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
    EXPECT_NE(decoded.why.find("version 4"), std::string::npos) << decoded.why;
    memory.bytes[0] = std::byte{};
    EXPECT_FALSE(read_state(memory.bytes).state);
    EXPECT_FALSE(read_state(std::span(memory.bytes).first(100)).state);
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
