#pragma once

#include "console/console.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "fake_fonts.h"

namespace console {

using namespace std::chrono_literals;

// A terminal that holds what was written to it.
class FakeTerminals final : public Terminals {
  public:
    std::vector<std::u32string> lines;
    TerminalState now;
    unsigned opened = 0;
    bool may_resize = true, resizes = true, utf8 = true, readable = true, may_ask = true, in_use = true;
    unsigned reads = 0, asked = 0;
    unsigned cursor_row = 0;
    std::optional<unsigned> refused;  // the number of the only call of state() that fails
    std::vector<TextSize> resized;
    TerminalId id;
    bool torn = false;
    bool has_map = true;
    std::optional<unsigned> swapped;  // the glyph of what the font lacks

    FakeTerminals() { set_size({80, 25}); }

    void set_size(const TextSize& size) {
        now.columns = size.columns;
        now.rows = size.rows;
        lines.assign(size.rows, std::u32string(size.columns, U' '));
    }
    void write(unsigned column, unsigned row, char32_t code) { lines[row][column] = code; }

    bool is_in_use() override { return in_use; }
    TerminalState state() override {
        ++opened;
        if (!may_ask || ++asked == refused)
            throw std::system_error(EBUSY, std::system_category(), "open the terminal");
        return now;
    }
    FontMap font_map() override {
        ++opened;
        if (!may_ask || !has_map)
            throw std::system_error(EPERM, std::system_category(), "read the map of the font");
        return {{{7, U'a'}}, swapped};
    }
    void read(TerminalContents& contents) override {
        ++reads;
        if (!readable) throw std::system_error(ENOMEM, std::system_category(), "read the terminal");
        contents.codes.clear();
        contents.terminal = id;
        contents.torn = torn;
        contents.attributes = {static_cast<std::uint8_t>(now.rows), static_cast<std::uint8_t>(now.columns), 0,
                               static_cast<std::uint8_t>(cursor_row)};
        for (const std::u32string& line : lines)
            for (const char32_t code : line) {
                contents.attributes.insert(contents.attributes.end(),
                                           {static_cast<std::uint8_t>(code), 0x0f});
                if (utf8) contents.codes.push_back(code);
            }
    }
    void resize(const TextSize& size) override {
        ++opened;
        if (!may_resize) throw std::system_error(EPERM, std::system_category(), "give the terminals a size");
        resized.push_back(size);
        if (resizes && size != TextSize{now.columns, now.rows}) set_size(size);
    }
};

// A screen that answers when the test says so.
class FakeScreen final : public Screen {
  public:
    Size size{16, 8}, next{};
    std::vector<std::uint32_t> pixels = std::vector<std::uint32_t>(std::size_t(64) * 64);
    bool shown = true, connected = true, open = false;
    unsigned frames = 0;
    Events events;

    int fd() const override { return -1; }
    Events dispatch() override { return std::exchange(events, {}); }
    bool is_shown() const override { return shown; }
    Canvas canvas() override { return {pixels.data(), size, 64}; }
    bool take_mode() override {
        if (next == Size{}) return false;
        size = std::exchange(next, {});
        return true;
    }
    void begin() override {
        EXPECT_FALSE(open) << "a frame inside of a frame";
        open = true;
    }
    bool end(std::span<const hvfb_rect> drawn) override {
        EXPECT_TRUE(open) << "an end without a beginning";
        EXPECT_FALSE(drawn.empty());
        open = false;
        ++frames;
        return connected;
    }
    bool is_white(unsigned column, unsigned row) const {
        return pixels[row * 2 * 64 + column * 2] == 0xffffff;
    }
};

struct ConsoleTest : testing::Test {
    FakeTerminals terminals;
    FakeScreen screen;
    std::vector<std::string> said;
    Time now = Time() + 1h;
    std::optional<Console> console;

    void start() {
        console.emplace(terminals, screen, small_fonts(), appearance(),
                        [this](const std::string& sentence) { said.push_back(sentence); });
        console->update(now);
    }
    static Appearance appearance() {
        Appearance appearance;
        appearance.cursor = CursorShape::none;
        appearance.scale = 1;
        return appearance;
    }
    void answer() {
        screen.events.frame_answered = true;
        console->on_screen();
        console->update(now);
    }
    void change() {
        console->on_terminal_changed();
        console->update(now);
    }
};

}  // namespace console
