#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "console/geometry.h"
#include "console/glyph.h"
#include "console/mask.h"

namespace console {

// Fonts in the order in which a character is searched for in them. The first one gives the cells their size.
struct Fonts {
    std::vector<std::shared_ptr<const Font>> fonts;
    Size cell;  // of the first
};

// What cells look like. Every character is searched for and drawn once.
class GlyphCache {
  public:
    // A number for the picture of a cell. Equal numbers mean equal pictures.
    using Shape = std::uint32_t;
    static constexpr Shape blank = 0;

    // No more pictures than fit into `most_bytes`, and what one paint adds to them.
    GlyphCache(Fonts fonts, const Geometry& geometry, std::size_t most_bytes = usual_most_bytes);

    // Whether it is drawn over two cells where the one after it is empty: 1 or 2.
    unsigned cells_of(char32_t code);
    Shape shape(char32_t code, Part part, bool bold = false);
    const Mask& mask(Shape shape) const { return masks_[shape]; }

    // Whether it is time to forget all: a text of any length has bounded memory.
    bool is_full() const { return masks_.size() >= most_shapes_; }
    // All shapes are void.
    void clear();

  private:
    static constexpr std::size_t usual_most_bytes = 32 << 20;
    struct Known {
        Glyph glyph;
        unsigned cells = 1;
        Shape shapes[6] = {};  // by part, and those of bold text; blank: not made yet
    };

    Known& known(char32_t code);
    Known searched(char32_t code) const;

    Fonts fonts_;
    Geometry geometry_;
    std::size_t most_shapes_;
    std::unordered_map<char32_t, Known> known_;
    std::vector<Mask> masks_;
};

}  // namespace console
