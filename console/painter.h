#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "console/geometry.h"
#include "console/glyph_cache.h"
#include "console/grid.h"

namespace console {

enum class CursorShape { underline, block, none };

// Memory to draw on.
struct Canvas {
    std::uint32_t* pixels = nullptr;
    Size size;               // pixels
    std::size_t stride = 0;  // pixels from one row to the next
};

// Draws what differs from what it drew before.
class Painter {
  public:
    Painter(Fonts fonts, const Geometry& geometry, CursorShape cursor);

    // The rectangles that changed, in pixels of the canvas, which has the size of the geometry's picture and
    // holds what was drawn before. What of the grid does not fit is left out; where it ends early there is
    // background. `begin` is called before the first pixel is drawn, if one is.
    std::vector<hvfb_rect> paint(Grid grid, const Canvas& canvas, const std::function<void()>& begin = {});
    // Of the last two that were painted.
    bool scrolled_past() const { return scrolled_past_; }
    // The canvas holds something else: the next paint draws everything.
    void forget();

  private:
    // What a cell of the screen shows.
    struct Look {
        GlyphCache::Shape shape = GlyphCache::blank;
        std::uint32_t foreground = 0, background = 0;
        bool cursor = false, underlined = false;

        bool operator==(const Look&) const = default;
    };

    bool is_as_before(const Grid& grid, unsigned row) const;
    void look_at_row(const Grid& grid, unsigned row, std::vector<Look>& looks);
    void draw(const Look& look, unsigned column, unsigned row, const Canvas& canvas) const;
    void clear(const Canvas& canvas) const;

    Geometry geometry_;
    CursorShape cursor_;
    GlyphCache glyphs_;
    std::vector<Look> drawn_;  // of each cell of the geometry; empty: unknown
    std::vector<Look> looks_;  // of one row
    Grid before_;              // what was painted last
    bool scrolled_past_ = false;
};

}  // namespace console
