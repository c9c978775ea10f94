#pragma once

#include <cstddef>
#include <cstdint>

#include "run/fb_device.h"
#include "run/pixel_rows.h"

namespace fbdev {

// The pixels that are shown: a surface's.
struct ShownPixels {
    std::byte* pixels = nullptr;
    std::uint32_t width = 0, height = 0, stride = 0;
};

// Brings what a program has stored into memory of its own to where it is shown: the rows that have changed,
// converted. All memory is the caller's.
class PictureCopy {
  public:
    // How much memory `seen` must have in this mode.
    static std::size_t needed(const FbDevice& device, const ShownPixels& shown);

    // After a change of mode, or of where it is shown. Nothing counts as seen.
    void begin(const FbDevice& device, const ShownPixels& shown, std::uint32_t scale, std::byte* seen,
               const std::byte* memory);
    // Of the rows that are `wanted`, a function of their numbers. `before` is called with each one that has
    // changed, before it is shown. Whether any had.
    template <typename Wanted, typename Before>
    bool copy(const FbDevice& device, const ShownPixels& shown, const std::byte* memory, Wanted wanted,
              Before before) {
        bool changed = false;
        for (std::uint32_t y = 0; y < device.var().yres; ++y) {
            if (!wanted(y) || !differs(device, memory, y)) continue;
            before(y);
            changed = true;
            copy_row(device, shown, memory, y);
        }
        return changed;
    }
    // Where rows are shown.
    struct Part {
        std::uint32_t x, y, width, height;
    };
    Part shown_at(const FbDevice& device, std::uint32_t first, std::uint32_t count) const {
        const std::uint32_t scale = placement_.scale;
        return {placement_.x, placement_.y + first * scale, device.var().xres * scale, count * scale};
    }

  private:
    bool differs(const FbDevice& device, const std::byte* memory, std::uint32_t y) const;
    void copy_row(const FbDevice& device, const ShownPixels& shown, const std::byte* memory, std::uint32_t y);

    Placement placement_;
    std::byte* seen_ = nullptr;  // what was converted last, then a row of what is shown
};

}  // namespace fbdev
