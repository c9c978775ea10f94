#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace console {

// A picture of one character in two colours.
struct Glyph {
    unsigned width = 0, height = 0;  // pixels
    std::vector<std::uint8_t> rows;  // height rows of whole bytes, the uppermost bit leftmost

    std::size_t row_bytes() const { return (width + 7) / 8; }
    bool at(unsigned x, unsigned y) const {
        return (rows[y * row_bytes() + x / 8] & (0x80U >> (x % 8))) != 0;
    }
};

// Where glyphs come from.
class Font {
  public:
    Font() = default;
    Font(const Font&) = delete;
    Font& operator=(const Font&) = delete;
    virtual ~Font() = default;

    // Nothing: the font does not have this character.
    virtual std::optional<Glyph> find(char32_t code) const = 0;
};

}  // namespace console
