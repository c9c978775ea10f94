#pragma once

#include <cstdint>
#include <vector>

namespace vnc {

// As RFB has numbers: the highest byte first.
void append_number(std::vector<std::uint8_t>& to, std::uint32_t number);

// An update of one rectangle, which has no pixel: its encoding is what it says.
std::vector<std::uint8_t> update_without_pixels(std::int32_t encoding);

}  // namespace vnc
