#include "console/geometry.h"

#include <algorithm>

namespace console {

hvfb_rect turned(const hvfb_rect& upright, const Size& picture, Rotation rotation) {
    const auto& [x, y, width, height] = upright;
    switch (rotation) {
        case Rotation::quarter:
            return {picture.width - y - height, x, height, width};
        case Rotation::half:
            return {picture.width - x - width, picture.height - y - height, width, height};
        case Rotation::three_quarters:
            return {y, picture.height - x - width, height, width};
        case Rotation::none:
            break;
    }
    return upright;
}

unsigned usual_scale(const Size& picture, unsigned font_height, Rotation rotation) {
    constexpr unsigned lines = 67, usual_height = 16;
    // On a screen on its side the text is as large as on the same screen upright.
    const unsigned shorter = std::min(picture.width, picture.height);
    const unsigned rows = rotation == Rotation::none || rotation == Rotation::half ? picture.height : shorter;
    return std::max(1U, rows / (std::max(font_height, usual_height) * lines));
}

Geometry::Geometry(const Size& picture, const Size& font, unsigned scale, Rotation rotation)
    : picture_(picture),
      font_(font),
      scale_(scale != 0 ? scale : usual_scale(picture, font.height, rotation)),
      rotation_(rotation) {
    const Size upright = turned(picture, rotation);
    columns_ = std::max(1U, upright.width / cell().width);
    rows_ = std::max(1U, upright.height / cell().height);
}

hvfb_rect Geometry::place(unsigned column, unsigned row, unsigned columns) const {
    const Size size = cell();
    return turned(hvfb_rect{column * size.width, row * size.height, columns * size.width, size.height},
                  picture_, rotation_);
}

}  // namespace console
