#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace vnc {

// QEMU's extended key event: a client that asks for this pseudo-encoding, and is told that it is known here,
// says of each key where it is on the keyboard, and not only what is printed on it. It is told by an update
// without pixels, of this encoding.
constexpr int extended_key_encoding = -258;
constexpr std::size_t extended_key_size = 12;
using ExtendedKeyMessage = std::array<std::uint8_t, extended_key_size>;

struct ExtendedKey {
    bool down;
    std::uint32_t symbol;
    // The key, by its number in linux/input-event-codes.h. 0: it is not known.
    std::uint32_t code;

    bool operator==(const ExtendedKey&) const = default;
};

// Nothing: another message of QEMU's, which no client was offered.
std::optional<ExtendedKey> read_extended_key(const ExtendedKeyMessage& message);

// Of a number of the keyboard of the PC, set 1: those that have e0 before them are 0x80 and more. 0: no key.
std::uint32_t key_of_scancode(std::uint32_t scancode);

}  // namespace vnc
