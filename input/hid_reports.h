#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "input/device.h"

namespace input {

// What a device is in the words of HID: its descriptor, and the reports that say what Event says. Knows no
// kernel. A report is all of the device's state, but for the steps of a wheel.
class HidReports {
  public:
    using Report = std::vector<std::uint8_t>;

    // The touch screen has one finger, the one that Event tells programs of that know one.
    explicit HidReports(Kind kind);

    const std::vector<std::uint8_t>& descriptor() const { return descriptor_; }
    // At the end of what is said (SYN_REPORT) one report comes out of it. A key that HID has not is left out,
    // and so is a repeated one: the kernel repeats what is down.
    std::vector<Report> take(std::span<const Event> events);

  private:
    void take_key(std::uint16_t code, bool down);
    void take_axis(std::uint16_t code, std::int32_t value);
    void take_step(std::uint16_t code, std::int32_t value);
    Report report();

    const Kind kind_;
    std::vector<std::uint8_t> descriptor_;
    std::map<std::uint16_t, std::size_t> bit_of_;  // of a key or button, in bits_
    Report bits_;
    std::uint16_t x_ = 0, y_ = 0;
    std::int8_t wheel_ = 0, sideways_ = 0;
};

// The usage of a key on HID's page of keyboards. Nothing: it has none.
std::optional<std::uint8_t> usage_of_key(std::uint16_t code);

}  // namespace input
