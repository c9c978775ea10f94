// Anything as the answers of a terminal's process that is in somebody else's hands: what is taken can be
// drawn, and no more memory is held than an answer may have.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "console/command/wire.h"
#include "console/painter.h"

namespace {

using namespace console;

// Every character is a full block.
class Blocks final : public Font {
  public:
    std::optional<Glyph> find(char32_t code) const override {
        if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) __builtin_trap();
        return Glyph{2, 2, {0xc0, 0xc0}};
    }
};

void check(const Grid& grid) {
    if (grid.cells.size() != std::size_t(grid.columns) * grid.rows) __builtin_trap();
    for (const Cell& cell : grid.cells)
        if ((cell.foreground | cell.background) > 0xffffff) __builtin_trap();
    if (grid.cursor && (grid.cursor->column >= grid.columns || grid.cursor->row >= grid.rows))
        __builtin_trap();
}

}  // namespace

// The first byte says how large the terminal is, the second one how long the pieces are in which it comes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) return 0;
    Request request{
        {1U + data[0] % 8U, 1U + data[0] / 8U % 8U}, (data[0] & 0x40) != 0, Blink::background, {}};
    const std::size_t piece = 1U + data[1];
    std::span<const std::uint8_t> rest{data + 2, size - 2};
    static std::vector<std::uint32_t> pixels(std::size_t(16) * 16);
    Painter painter({{std::make_shared<Blocks>()}, {2, 2}}, Geometry({16, 16}, {2, 2}, 1, Rotation::none),
                    CursorShape::block);
    AnswerReader reader;
    Grid grid;
    reader.expect(request);
    try {
        while (!rest.empty()) {
            const auto bytes = rest.first(std::min(piece, rest.size()));
            rest = rest.subspan(bytes.size());
            if (!reader.take(bytes)) continue;
            if (reader.replies().size() > most_replies) __builtin_trap();
            reader.apply(grid);
            check(grid);
            painter.paint(grid, {pixels.data(), {16, 16}, 16});
            reader.expect(request);
        }
    } catch (const BadAnswer&) {
        // It says what is wrong with it.
    }
    return 0;
}
