#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>

#include "console/glyph.h"

namespace console {

// GNU Unifont's own format: a line CODE:BITS for each character, sorted by code, in hexadecimal digits; 16
// rows of 8 or 16 pixels. Nothing of it is held in memory: a character is searched for in the file.
class HexFont final : public Font {
  public:
    // Reads at an offset, as pread(2); fewer bytes than asked for are the end of the file, or an error.
    using Read = std::function<std::size_t(std::span<char> buffer, std::uint64_t offset)>;

    HexFont(Read read, std::uint64_t size) : read_(std::move(read)), size_(size) {}

    static constexpr unsigned height = 16;

    std::optional<Glyph> find(char32_t code) const override;

  private:
    Read read_;
    std::uint64_t size_;
};

}  // namespace console
