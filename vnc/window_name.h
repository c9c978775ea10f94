#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vnc {

// A client that asks for this pseudo-encoding is told when its window has another name.
constexpr int window_name_encoding = -307;

// Of a client whose keys go nowhere.
std::string view_only(const std::string& name);

// An update of one rectangle, which has no pixel and says the name.
std::vector<std::uint8_t> window_name_update(const std::string& name);

}  // namespace vnc
