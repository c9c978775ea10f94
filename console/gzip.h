#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace console {

// What a gzip file holds; any other file as it is. Throws std::runtime_error, in words that follow the name
// of a file: it is damaged, or holds more than `most` bytes.
std::vector<std::uint8_t> unpacked(std::span<const std::uint8_t> file, std::size_t most);

}  // namespace console
