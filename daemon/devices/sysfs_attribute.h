#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace hvfbd {

// One line of an attribute of sysfs; empty if there is none. Throws as first_line_of() does.
std::string attribute(const std::filesystem::path& file);

// The whole text as a number, decimal, or hexadecimal after 0x. Nothing: it is none.
std::optional<std::uint64_t> number(std::string_view text);

}  // namespace hvfbd
