#include "input/protocol/messages.h"

#include <linux/input-event-codes.h>

namespace input {

namespace {

enum Type : std::uint32_t { key_type = 1, pointer_type = 2, touch_type = 3, state_type = 16 };

constexpr unsigned bits_of_byte = 8;

std::uint32_t number_at(std::span<const std::byte> bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = sizeof number; i > 0; --i)
        number = number << bits_of_byte | std::to_integer<std::uint32_t>(bytes[at + i - 1]);
    return number;
}

// Numbers of 32 bits, one after the other.
template <typename... Numbers>
Packet packet(Type type, Numbers... numbers) {
    Packet made;
    const auto put = [&made](std::uint32_t number) {
        for (std::size_t i = 0; i < sizeof number; ++i, number >>= bits_of_byte)
            made.bytes.at(made.size++) = static_cast<std::byte>(number);
    };
    put(type);
    put(static_cast<std::uint32_t>(header_size + sizeof...(numbers) * sizeof(std::uint32_t)));
    (put(static_cast<std::uint32_t>(numbers)), ...);
    return made;
}

// The body of a packet whose header is right, read number by number.
class Body {
  public:
    explicit Body(std::span<const std::byte> packet) : packet_(packet) {}

    bool has(std::size_t numbers) const {
        return packet_.size() == header_size + numbers * sizeof(std::uint32_t);
    }
    std::uint32_t next() {
        const std::uint32_t number = number_at(packet_, at_);
        at_ += sizeof number;
        return number;
    }
    std::int32_t next_signed() { return static_cast<std::int32_t>(next()); }

  private:
    std::span<const std::byte> packet_;
    std::size_t at_ = header_size;
};

std::optional<std::uint32_t> type_of(std::span<const std::byte> packet) {
    if (packet.size() < header_size || packet.size() > longest_message) return std::nullopt;
    if (number_at(packet, sizeof(std::uint32_t)) != packet.size()) return std::nullopt;
    return number_at(packet, 0);
}

bool is_few(std::int32_t steps) {
    return steps >= -most_wheel_steps && steps <= most_wheel_steps;
}

std::optional<Message> decode_key(Body body) {
    if (!body.has(2)) return std::nullopt;
    const std::uint32_t code = body.next(), value = body.next();
    if (code == 0 || code > KEY_MAX || value > static_cast<std::uint32_t>(KeyValue::repeated))
        return std::nullopt;
    return Key{code, static_cast<KeyValue>(value)};
}

std::optional<Message> decode_pointer(Body body) {
    constexpr std::size_t numbers = 5;
    if (!body.has(numbers)) return std::nullopt;
    Pointer pointer{};
    pointer.x = body.next();
    pointer.y = body.next();
    pointer.buttons = body.next();
    pointer.wheel = body.next_signed();
    pointer.sideways = body.next_signed();
    if (pointer.x > largest_coordinate || pointer.y > largest_coordinate || pointer.buttons > all_buttons ||
        !is_few(pointer.wheel) || !is_few(pointer.sideways))
        return std::nullopt;
    return pointer;
}

std::optional<Message> decode_touch(Body body) {
    constexpr std::size_t numbers = 4;
    if (!body.has(numbers)) return std::nullopt;
    Touch touch{};
    touch.contact = body.next();
    touch.down = body.next();
    touch.x = body.next();
    touch.y = body.next();
    if (touch.contact > largest_contact || touch.down > 1 || touch.x > largest_coordinate ||
        touch.y > largest_coordinate)
        return std::nullopt;
    return touch;
}

}  // namespace

std::optional<Message> decode(std::span<const std::byte> packet) {
    const auto type = type_of(packet);
    if (!type) return std::nullopt;
    switch (*type) {
        case key_type:
            return decode_key(Body(packet));
        case pointer_type:
            return decode_pointer(Body(packet));
        case touch_type:
            return decode_touch(Body(packet));
        default:
            return Unknown{};
    }
}

Packet encode(const Key& key) {
    return packet(key_type, key.code, key.value);
}

Packet encode(const Pointer& pointer) {
    return packet(pointer_type, pointer.x, pointer.y, pointer.buttons, pointer.wheel, pointer.sideways);
}

Packet encode(const Touch& touch) {
    return packet(touch_type, touch.contact, touch.down, touch.x, touch.y);
}

std::optional<State> decode_state(std::span<const std::byte> packet) {
    const auto type = type_of(packet);
    Body body(packet);
    if (type != state_type || !body.has(2)) return std::nullopt;
    const std::uint32_t version = body.next(), verdict = body.next();
    if (verdict > static_cast<std::uint32_t>(Verdict::full)) return std::nullopt;
    return State{version, static_cast<Verdict>(verdict)};
}

Packet encode(const State& state) {
    return packet(state_type, state.version, state.verdict);
}

}  // namespace input
