#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "console/glyph.h"

namespace console {

// A font of the console: PSF version 1 or 2, not compressed.
class PsfFont final : public Font {
  public:
    // Throws std::runtime_error that says what is wrong with it, in words that follow the name of a file.
    explicit PsfFont(std::span<const std::uint8_t> file);

    // Of every glyph.
    unsigned width() const { return width_; }
    unsigned height() const { return height_; }
    std::size_t characters() const { return glyph_of_.size(); }

    std::optional<Glyph> find(char32_t code) const override;

  private:
    void read_version_1(std::span<const std::uint8_t> file);
    void read_version_2(std::span<const std::uint8_t> file);
    void take_bits(std::span<const std::uint8_t> bits, std::size_t count);
    void read_table_of_2_bytes(std::span<const std::uint8_t> table);
    void read_table_of_utf8(std::span<const std::uint8_t> table);
    void number_by_place(std::size_t count);

    unsigned width_ = 0, height_ = 0;
    std::size_t glyph_bytes_ = 0;
    std::vector<std::uint8_t> bits_;
    std::unordered_map<char32_t, std::size_t> glyph_of_;
};

}  // namespace console
