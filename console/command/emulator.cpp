#include "console/command/emulator.h"

#include <libtsm.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <string_view>
#include <utility>

#include "console/command/composer.h"
#include "console/palette.h"

namespace console {

namespace {

constexpr unsigned of_8_bits = 8, of_16_bits = 16;

std::uint32_t pixel(unsigned red, unsigned green, unsigned blue) {
    return red << of_16_bits | green << of_8_bits | blue;
}

struct Drawing {
    Grid grid;
    Blink blink = Blink::background;
};

int draw_cell(tsm_screen* /*screen*/, std::uint64_t /*id*/, const std::uint32_t* code, std::size_t length,
              unsigned /*width*/, unsigned column, unsigned row, const tsm_screen_attr* look,
              tsm_age_t /*age*/, void* data) {
    auto& drawing = *static_cast<Drawing*>(data);
    if (column >= drawing.grid.columns || row >= drawing.grid.rows) return 0;
    Cell& cell = drawing.grid.cells[std::size_t(row) * drawing.grid.columns + column];
    cell.code = length > 0 ? *code : U' ';
    cell.foreground = pixel(look->fr, look->fg, look->fb);
    cell.background = pixel(look->br, look->bg, look->bb);
    constexpr int dark_colours = 8;
    if (look->blink != 0 && drawing.blink == Blink::background) {
        // As the kernel's console shows it. The usual background is black.
        const int code_of = look->bccode == TSM_COLOR_BACKGROUND ? 0 : look->bccode;
        if (code_of >= 0 && code_of < dark_colours)
            cell.background = default_palette[static_cast<std::size_t>(code_of) + dark_colours];
    }
    if (look->inverse != 0) std::swap(cell.foreground, cell.background);
    cell.bold = look->bold != 0;
    cell.underlined = look->underline != 0;
    return 0;
}

// Answers that together have no more than most_replies bytes.
void keep_reply(tsm_vte* /*terminal*/, const char* text, std::size_t length, void* data) {
    auto& replies = *static_cast<std::string*>(data);
    if (length <= most_replies - replies.size()) replies.append(text, length);
}

void set_colours(tsm_vte* terminal) {
    std::uint8_t colours[TSM_COLOR_NUM][3];
    constexpr std::size_t light_grey = 7;
    for (std::size_t i = 0; i < TSM_COLOR_NUM; ++i) {
        const std::size_t in_palette = i < default_palette.size()  ? i
                                       : i == TSM_COLOR_FOREGROUND ? light_grey
                                                                   : 0;
        const std::uint32_t colour = default_palette[in_palette];
        colours[i][0] = static_cast<std::uint8_t>(colour >> of_16_bits);
        colours[i][1] = static_cast<std::uint8_t>(colour >> of_8_bits);
        colours[i][2] = static_cast<std::uint8_t>(colour);
    }
    if (tsm_vte_set_custom_palette(terminal, colours) != 0 || tsm_vte_set_palette(terminal, "custom") != 0)
        throw std::bad_alloc();
}

}  // namespace

struct Emulator::Library {
    Library() {
        if (tsm_screen_new(&screen, nullptr, nullptr) != 0) throw std::bad_alloc();
        if (tsm_vte_new(&terminal, screen, keep_reply, &replies, nullptr, nullptr) != 0) {
            tsm_screen_unref(screen);
            throw std::bad_alloc();
        }
    }
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;
    ~Library() {
        tsm_vte_unref(terminal);
        tsm_screen_unref(screen);
    }

    tsm_screen* screen = nullptr;
    tsm_vte* terminal = nullptr;
    std::string replies;
    Composer composer;
};

Emulator::Emulator() : library_(std::make_unique<Library>()) {
    tsm_screen_set_max_sb(library_->screen, 0);
    set_colours(library_->terminal);
}

Emulator::~Emulator() = default;

void Emulator::resize(const TextSize& size) {
    if (tsm_screen_resize(library_->screen, std::max(size.columns, 1U), std::max(size.rows, 1U)) != 0)
        throw std::bad_alloc();
}

void Emulator::input(std::span<const std::uint8_t> output) {
    const std::span<const std::uint8_t> text = library_->composer.compose(output);
    tsm_vte_input(library_->terminal, reinterpret_cast<const char*>(text.data()), text.size());
}

void Emulator::type(const TypedKey& key) {
    // libtsm types ^H. A pty erases by ^?, and so do programs on an xterm.
    constexpr std::uint32_t backspace = 0xff08;
    if (key.symbol == backspace && (key.modifiers & TypedKey::control) == 0) {
        const std::string_view erase = (key.modifiers & TypedKey::alt) != 0 ? "\x1b\x7f" : "\x7f";
        keep_reply(nullptr, erase.data(), erase.size(), &library_->replies);
        return;
    }
    unsigned modifiers = 0;
    if ((key.modifiers & TypedKey::shift) != 0) modifiers |= TSM_SHIFT_MASK;
    if ((key.modifiers & TypedKey::control) != 0) modifiers |= TSM_CONTROL_MASK;
    if ((key.modifiers & TypedKey::alt) != 0) modifiers |= TSM_ALT_MASK;
    constexpr std::uint32_t no_other_symbol = 0, no_character = 0xffffffff;
    tsm_vte_handle_keyboard(library_->terminal, key.symbol, no_other_symbol, modifiers,
                            key.character == 0 ? no_character : key.character);
}

std::string Emulator::take_replies() {
    return std::exchange(library_->replies, {});
}

Grid Emulator::screen(Blink blink) const {
    tsm_screen* const screen = library_->screen;
    Drawing drawing;
    drawing.blink = blink;
    drawing.grid.columns = tsm_screen_get_width(screen);
    drawing.grid.rows = tsm_screen_get_height(screen);
    drawing.grid.cells.resize(std::size_t(drawing.grid.columns) * drawing.grid.rows);
    // The library shows the cursor by swapping the colours of its cell; the painter has a shape for it.
    const bool shows_cursor = (tsm_screen_get_flags(screen) & TSM_SCREEN_HIDE_CURSOR) == 0;
    tsm_screen_set_flags(screen, TSM_SCREEN_HIDE_CURSOR);
    tsm_screen_draw(screen, draw_cell, &drawing);
    if (!shows_cursor) return std::move(drawing.grid);
    tsm_screen_reset_flags(screen, TSM_SCREEN_HIDE_CURSOR);
    // Behind the last column it waits for the next character.
    drawing.grid.cursor = Position{std::min(tsm_screen_get_cursor_x(screen), drawing.grid.columns - 1),
                                   std::min(tsm_screen_get_cursor_y(screen), drawing.grid.rows - 1)};
    return std::move(drawing.grid);
}

}  // namespace console
