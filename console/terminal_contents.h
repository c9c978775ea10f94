#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "console/grid.h"
#include "console/palette.h"

namespace console {

// What a virtual terminal is beside its text.
struct TerminalState {
    unsigned columns = 0, rows = 0;    // 0: not known
    bool graphics = false;             // KD_GRAPHICS: a program draws there by itself
    std::uint16_t high_font_mask = 0;  // the bit of a cell that belongs to its glyph, with fonts of 512
    Palette palette = default_palette;
};

// Which terminal it is, and since when its file has the owner and the rights that it has: a login and the end
// of one change them.
struct TerminalId {
    unsigned number = 0;  // 0: not known
    std::int64_t since = 0;

    bool operator==(const TerminalId&) const = default;
};

// What the files of a virtual terminal hold, as they were read.
struct TerminalContents {
    std::vector<std::uint8_t>
        attributes;                    // /dev/vcsa: rows, columns, cursor; a glyph and a colour for each cell
    std::vector<std::uint32_t> codes;  // /dev/vcsu: a code point for each cell; empty: it is not in UTF-8
    TerminalId terminal;
    bool torn = false;  // it scrolled meanwhile: these are parts of several screens
};

// What the bit for blinking does: a bright background, as in the kernel's framebuffer console, or nothing.
enum class Blink { background, ignore };

// What GIO_UNIMAP says of the console's font.
struct FontMap {
    std::unordered_map<unsigned, char32_t> codes;  // which code point a glyph stands for
    // The glyph of a question mark, where the font has none of U+FFFD: with it, and with foreground and
    // background swapped, the kernel shows what the font lacks.
    std::optional<unsigned> swapped;
};

// The size of a text screen. The header of /dev/vcsa has 255 for everything larger; then the number of cells
// and `state` say it.
struct TextSize {
    unsigned columns = 0, rows = 0;

    bool operator==(const TextSize&) const = default;
};
std::string words_of(const TextSize& size);
TextSize size_of(const TerminalContents& contents, const TerminalState& state);

// The cells, their colours and the cursor. What is too short, such as the files of two terminals between
// which somebody switched, gives blank cells. `font`: where needs_font() says so.
Grid decode(const TerminalContents& contents, const TerminalState& state, const FontMap& font,
            Blink blink = Blink::background);
// There are no code points, or some that are not in ASCII.
bool needs_font(const TerminalContents& contents);

}  // namespace console
