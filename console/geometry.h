#pragma once

#include <hvfb/hvfb.h>

namespace console {

// How far the text is turned to the right.
enum class Rotation { none, quarter, half, three_quarters };

struct Size {
    unsigned width = 0, height = 0;

    bool operator==(const Size&) const = default;
};

inline Size turned(const Size& size, Rotation rotation) {
    const bool on_its_side = rotation == Rotation::quarter || rotation == Rotation::three_quarters;
    return on_its_side ? Size{size.height, size.width} : size;
}

// Where a rectangle of upright text is in a picture of `picture` pixels that shows it turned.
hvfb_rect turned(const hvfb_rect& upright, const Size& picture, Rotation rotation);

// How many pixels of the screen, in each direction, a pixel of the font is, where nobody said it: a screen of
// 1080 rows has 67 lines of a font of 16 pixels, and one with more pixels does not have smaller text.
unsigned usual_scale(const Size& picture, unsigned font_height, Rotation rotation);

// Where cells are on the screen.
class Geometry {
  public:
    Geometry() = default;
    // `scale` 0: the usual one.
    Geometry(const Size& picture, const Size& font, unsigned scale, Rotation rotation);

    unsigned scale() const { return scale_; }
    Rotation rotation() const { return rotation_; }
    const Size& font() const { return font_; }
    // Upright.
    Size cell() const { return {font_.width * scale_, font_.height * scale_}; }
    // At least 1, also where not one cell fits.
    unsigned columns() const { return columns_; }
    unsigned rows() const { return rows_; }

    // Pixels of the picture, which may be partly outside of it where not one cell fits.
    hvfb_rect place(unsigned column, unsigned row, unsigned columns = 1) const;

    bool operator==(const Geometry&) const = default;

  private:
    Size picture_, font_;
    unsigned scale_ = 1;
    Rotation rotation_ = Rotation::none;
    unsigned columns_ = 0, rows_ = 0;
};

}  // namespace console
