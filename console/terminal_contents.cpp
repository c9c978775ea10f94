#include "console/terminal_contents.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>

#include "console/character_width.h"

namespace console {

namespace {

constexpr std::size_t header_size = 4;
constexpr unsigned most_in_header = 255;
constexpr std::uint32_t last_of_ascii = 0x7f;
// The order in which the hardware of VGA numbers colours: blue is 1 and red is 4.
constexpr std::array<unsigned, 16> order_of_vga = {0, 4, 2, 6, 1, 5, 3, 7, 8, 12, 10, 14, 9, 13, 11, 15};
// Where the kernel's drivers keep the ninth bit of a glyph: fbcon moves the colours for it, VGA takes the bit
// of bright foregrounds.
constexpr std::uint16_t mask_of_fbcon = 0x0100;

struct Colours {
    unsigned foreground, background;
    bool blinking;

    bool operator==(const Colours&) const = default;
};

Colours colours_of(std::uint16_t word, std::uint16_t high_font_mask) {
    unsigned attribute = word >> 8;
    if (high_font_mask == mask_of_fbcon)
        attribute >>= 1;
    else
        attribute &= ~unsigned(high_font_mask >> 8);
    return {attribute & 15, attribute >> 4 & 7, (attribute & 0x80) != 0};
}

std::uint16_t word_at(const TerminalContents& contents, std::size_t cell) {
    std::uint16_t word = 0;
    std::memcpy(&word, contents.attributes.data() + header_size + cell * sizeof word, sizeof word);
    return word;
}

std::size_t words_in(const TerminalContents& contents) {
    const std::size_t size = contents.attributes.size();
    return size < header_size ? 0 : (size - header_size) / sizeof(std::uint16_t);
}

unsigned glyph_of(std::uint16_t word, std::uint16_t high_font_mask) {
    return (word & 0xffU) | ((word & high_font_mask) != 0 ? 0x100U : 0U);
}

// Gives what the console's font lacks the colours that it was written in: the fonts that the text is drawn in
// have it. For all cells, one after the other.
class SwappedBack {
  public:
    SwappedBack(const FontMap& font, std::uint16_t high_font_mask)
        : font_(font), high_font_mask_(high_font_mask) {}

    Colours operator()(char32_t code, std::uint16_t word) {
        const Colours shown = colours_of(word, high_font_mask_);
        // Behind a wide character the kernel writes a space in the same colours.
        const bool behind = wide_ && before_ == shown && is_blank(code);
        const bool lacks = code > last_of_ascii && glyph_of(word, high_font_mask_) == font_.swapped;
        wide_ = lacks && is_wide(code);
        before_ = shown;
        if (!lacks && !behind) return shown;
        // Blinking and brightness are where they were.
        return {(shown.foreground & 8) | shown.background, shown.foreground & 7, shown.blinking};
    }

  private:
    const FontMap& font_;
    std::uint16_t high_font_mask_;
    Colours before_{};   // of the cell before
    bool wide_ = false;  // that is wide, and lacking
};

std::optional<Position> cursor_of(const TerminalContents& contents, const TextSize& size) {
    const Position at{contents.attributes[2], contents.attributes[3]};
    // 255 may be any larger number.
    if (at.column == most_in_header && size.columns > most_in_header + 1) return std::nullopt;
    if (at.row == most_in_header && size.rows > most_in_header + 1) return std::nullopt;
    if (at.row >= size.rows) return std::nullopt;
    // Behind the last column until the next character wraps.
    return Position{std::min(at.column, size.columns - 1), at.row};
}

}  // namespace

std::string words_of(const TextSize& size) {
    return std::to_string(size.columns) + " columns and " + std::to_string(size.rows) + " rows";
}

TextSize size_of(const TerminalContents& contents, const TerminalState& state) {
    const std::size_t cells = words_in(contents);
    if (cells == 0) return {};
    const unsigned rows = contents.attributes[0], columns = contents.attributes[1];
    const auto fits = [&](unsigned other_columns, unsigned other_rows) {
        return std::size_t(other_columns) * other_rows == cells;
    };
    if (fits(columns, rows)) return {columns, rows};
    if (fits(state.columns, state.rows)) return {state.columns, state.rows};
    if (rows != 0 && rows < most_in_header && cells % rows == 0) return {unsigned(cells / rows), rows};
    if (columns != 0 && columns < most_in_header && cells % columns == 0)
        return {columns, unsigned(cells / columns)};
    return {};
}

Grid decode(const TerminalContents& contents, const TerminalState& state, const FontMap& font, Blink blink) {
    const TextSize size = size_of(contents, state);
    Grid grid;
    grid.columns = size.columns;
    grid.rows = size.rows;
    grid.cells.resize(std::size_t(size.columns) * size.rows);
    if (grid.cells.empty()) return grid;
    const std::uint16_t mask = state.high_font_mask;
    SwappedBack swapped_back(font, mask);
    for (std::size_t i = 0; i < grid.cells.size(); ++i) {
        const std::uint16_t word = word_at(contents, i);
        Colours colours =
            i < contents.codes.size() ? swapped_back(contents.codes[i], word) : colours_of(word, mask);
        if (colours.blinking && blink == Blink::background) colours.background |= 8;
        Cell& cell = grid.cells[i];
        cell.foreground = state.palette[order_of_vga[colours.foreground]];
        cell.background = state.palette[order_of_vga[colours.background]];
        if (i < contents.codes.size()) {
            cell.code = contents.codes[i];
        } else if (contents.codes.empty()) {
            const auto found = font.codes.find(glyph_of(word, mask));
            cell.code = found == font.codes.end() ? char32_t(glyph_of(word, mask)) : found->second;
        }
    }
    grid.cursor = cursor_of(contents, size);
    return grid;
}

bool needs_font(const TerminalContents& contents) {
    return contents.codes.empty() || std::any_of(contents.codes.begin(), contents.codes.end(),
                                                 [](std::uint32_t code) { return code > last_of_ascii; });
}

}  // namespace console
