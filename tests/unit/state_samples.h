#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <vector>

#include "restart/state.h"

namespace hvfbd {

// Another writer and reader of CBOR than the one under test; this one keeps the order of fields.
using Json = nlohmann::ordered_json;

inline SavedDisplay some_display(std::uint64_t seed) {
    SavedDisplay state;
    state.settings = {{"RefreshLimit", "60"}, {"Tracking", "scan"}};
    state.mode = Mode{1280, 720};
    state.frame = 12345 + seed;
    state.last_surface = 7;
    state.last_viewer = 3;
    SavedSurface saved;
    saved.number = 2;
    saved.name = "kept";
    saved.keep = saved.background = true;
    saved.uid = 1000;
    saved.layout = layout_for({1280, 720}, 6000);
    saved.shadow = saved.last_shadow = 4;
    SavedSurface drawn = saved;
    drawn.number = 7;
    drawn.keep = drawn.background = false;
    drawn.client = SavedClient{":1.42", 1000, 4711, true};
    drawn.offer = SavedOffer{9, layout_for({640, 480})};
    drawn.replaced = SavedOffer{8, layout_for({800, 600})};
    drawn.handshake = {true, 7};
    drawn.frame = 17;
    drawn.connection = 3;
    state.surfaces = {saved, drawn};
    state.viewers = {{3, {":1.43", 0, 99, false}, true}};
    state.output = "bytes of an output";
    state.output_name = "hyperv";
    state.size = {1280, 720};
    return state;
}

inline State some_state(std::uint64_t seed = 1) {
    State state;
    state.generation = seed;
    state.displays = {some_display(seed), some_display(seed + 100)};
    state.displays[1].surfaces.pop_back();
    state.configured_output = ~std::uint64_t{0} - seed;
    return state;
}

// Before there were layers.
inline State state_without_layers() {
    State state = some_state();
    for (SavedDisplay& display : state.displays)
        for (SavedSurface& surface : display.surfaces) surface.background = false;
    return state;
}

// Version 5 had no numbers of frames either, nor of the configured output.
inline State state_of_version_5() {
    State state = state_without_layers();
    state.configured_output = 0;
    for (SavedDisplay& display : state.displays)
        for (SavedSurface& surface : display.surfaces) surface.frame.reset();
    return state;
}

inline std::vector<std::byte> encoded(const State& state) {
    std::vector<std::byte> bytes;
    encode(state, bytes);
    return bytes;
}

inline Json tree_of(const State& state) {
    std::vector<std::byte> bytes = encoded(state);
    const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    return Json::from_cbor(begin, begin + bytes.size());
}

inline std::vector<std::byte> bytes_of(const Json& tree) {
    std::vector<std::uint8_t> numbers = Json::to_cbor(tree);
    auto bytes = std::as_bytes(std::span(numbers));
    return {bytes.begin(), bytes.end()};
}

inline Decoded decoded(const Json& tree) {
    return decode_state(bytes_of(tree));
}

struct Memory {
    Memory() : bytes(state_memory_size) { format_state_memory(bytes); }
    std::vector<std::byte> bytes;
};

}  // namespace hvfbd
