#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>

// What a program that types for somebody else says to hvfb-inputd, and what it answers: docs/input.md. A
// socket of SOCK_SEQPACKET, one message a packet, numbers little-endian, each message behind a header of its
// type and its size.
namespace input {

constexpr const char* default_socket = "/run/hvfbd/input.sock";
constexpr std::uint32_t protocol_version = 1;
constexpr std::uint32_t largest_coordinate = 65535, largest_contact = 9, all_buttons = 31;
constexpr std::int32_t most_wheel_steps = 100;

enum class KeyValue : std::uint32_t { up = 0, down = 1, repeated = 2 };

// A key, by its number in linux/input-event-codes.h.
struct Key {
    std::uint32_t code;
    KeyValue value;

    bool operator==(const Key&) const = default;
};

// Where the pointer is, from 0 to largest_coordinate from edge to edge, and what is pressed: bit 0 is the
// left button, then middle, right, back, forward. `wheel`: steps since the last message, up is positive;
// `sideways`: right is positive.
struct Pointer {
    std::uint32_t x, y, buttons;
    std::int32_t wheel, sideways;

    bool operator==(const Pointer&) const = default;
};

// A finger, of those that this client has. It is put down, moved, or (`down` is 0) lifted.
struct Touch {
    std::uint32_t contact, down, x, y;

    bool operator==(const Touch&) const = default;
};

// Of a type that this version does not know: to be ignored.
struct Unknown {
    bool operator==(const Unknown&) const = default;
};

using Message = std::variant<Key, Pointer, Touch, Unknown>;

// The daemon's first message, and again when it becomes another.
enum class Verdict : std::uint32_t {
    ready = 0,
    not_permitted = 1,  // neither root nor in group hvfbd-input; it hangs up
    no_device = 2,      // nothing of this kernel takes keys: the client can only look
    full = 3,           // too many clients; it hangs up
};

struct State {
    std::uint32_t version;
    Verdict verdict;
};

constexpr std::size_t header_size = 8, longest_message = 32;

struct Packet {
    std::array<std::byte, longest_message> bytes{};
    std::size_t size = 0;

    std::span<const std::byte> view() const { return std::span(bytes).first(size); }
};

// What a client sends. Nothing: malformed, or a number out of its range.
std::optional<Message> decode(std::span<const std::byte> packet);
Packet encode(const Key& key);
Packet encode(const Pointer& pointer);
Packet encode(const Touch& touch);

// What the daemon sends. Nothing: malformed, or something else.
std::optional<State> decode_state(std::span<const std::byte> packet);
Packet encode(const State& state);

}  // namespace input
