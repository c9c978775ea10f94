#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "input/time.h"

namespace input {

enum class Kind : std::uint8_t { keyboard, pointer, touch };

// As the kernel's struct input_event, without a time.
struct Event {
    std::uint16_t type, code;
    std::int32_t value;

    bool operator==(const Event&) const = default;
};

struct Axis {
    std::uint16_t code;
    std::int32_t largest;  // from 0
};

// What a device of a kind has, by the numbers of linux/input-event-codes.h.
struct Description {
    const char* name;
    std::uint16_t product;
    std::vector<std::uint16_t> keys, relative, properties;
    std::vector<Axis> axes;
};

Description description_of(Kind kind);
// Whether the keyboard has the key. It has none that switches the machine off or lets it sleep, and no SysRq.
bool keyboard_has(std::uint32_t code);

// A device that the kernel has as long as this exists. What was pressed is released when it is removed.
class Device {
  public:
    Device() = default;
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    virtual ~Device() = default;
    // Throws std::system_error.
    virtual void send(std::span<const Event> events) = 0;

    // For a device that has something to do later: go_on() is due when this is readable, and at this time.
    virtual std::optional<int> waits_for() const { return std::nullopt; }
    virtual std::optional<Time> waits_until() const { return std::nullopt; }
    // Throws std::system_error.
    virtual void go_on(Time /*now*/) {}
};

// Makes them.
class Devices {
  public:
    Devices() = default;
    Devices(const Devices&) = delete;
    Devices& operator=(const Devices&) = delete;
    virtual ~Devices() = default;
    // Throws std::system_error where there can be none: what was tried, and why it failed.
    virtual void check() = 0;
    // Throws std::system_error.
    virtual std::unique_ptr<Device> make(Kind kind) = 0;
};

}  // namespace input
