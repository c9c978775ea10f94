#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "display/saved_display.h"

namespace hvfbd {

// What the daemon must know to be restored after its process has ended, beside the stored descriptors. Values
// only; the names of the descriptors follow from them.
struct State {
    std::uint64_t generation = 0;         // how many processes there were before
    std::vector<SavedDisplay> displays;   // display0 first
    std::uint64_t configured_output = 0;  // output_number() of the configuration; 0: not known
    bool operator==(const State&) const = default;
};

// Serials that a generation gives begin above this: an answer to an earlier one is an answer to a process
// before.
constexpr std::uint64_t first_serial(std::uint64_t generation) {
    return generation << 32;
}

// The state as CBOR, and back; docs/saved-state.md describes it. `encode` keeps the memory that `bytes` has,
// and can find no more (std::bad_alloc). Bytes that are no sound state are refused, and `why` is a sentence;
// decode throws nothing but std::bad_alloc.
void encode(const State& state, std::vector<std::byte>& bytes);
struct Decoded {
    std::optional<State> state;
    std::string why;
    std::size_t passed_over = 0;  // objects of a newer hvfbd, which this one does not know
};
Decoded decode_state(std::span<const std::byte> bytes);

// A state in memory that is there however suddenly its writer ends: two slots, of which the newer whole one
// counts, and the version of how they are written before them.
inline constexpr std::size_t state_slot_size = std::size_t{256} * 1024;
inline constexpr std::size_t state_memory_size = 64 + 2 * state_slot_size;

// Makes all of the memory an empty state.
void format_state_memory(std::span<std::byte> memory);
// False: it is too long for a slot; what was there stays.
bool write_state(std::span<std::byte> memory, std::span<const std::byte> encoded);
Decoded read_state(std::span<const std::byte> memory);

}  // namespace hvfbd
