#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rectangle.h"

namespace hvfbd {

// Pixels that are borrowed: width and height in pixels, stride in bytes.
struct PictureView {
    const std::byte* pixels = nullptr;
    std::uint32_t width = 0, height = 0, stride = 0;
};

struct MutablePictureView {
    std::byte* pixels = nullptr;
    std::uint32_t width = 0, height = 0, stride = 0;

    operator PictureView() const { return {pixels, width, height, stride}; }
};

struct Found {
    std::vector<Rectangle> spans;      // a row each, sorted top-down, then left to right, not overlapping
    std::int64_t pixels = 0;           // in them
    std::int64_t pixels_in_tiles = 0;  // in all tiles that differed
};

// Compares source with front inside `where` (not overlapping, sorted top-down), a row of 64 pixels at a
// time, and copies what differs into front, and at once on to scanout if there is one: a row later front
// would be read from memory once more. `found` says exactly what was copied: each span is trimmed to the
// pixels that differed, and nothing outside the spans was written. That matters: another process may be
// storing into source meanwhile, and a pixel that reached front outside the spans would never be presented,
// since no later comparison sees it. Where source does not reach, it counts as black. Reuses the capacity of
// `found`. Scanout is never read, and has front's width and height or no pixels.
void compare_and_copy(PictureView source, MutablePictureView front, MutablePictureView scanout,
                      std::span<const Rectangle> where, Found& found);

// Compares one row in 17 inside `where`, other ones with each `round`; all of them in 17 rounds.
bool differs_somewhere(PictureView source, PictureView target, std::span<const Rectangle> where,
                       unsigned round);

// Copies the rectangles from front to scanout, in long stores one after the other. Scanout is never read. The
// pictures have the same width and height, not necessarily the same stride.
void copy_spans(PictureView front, MutablePictureView scanout, std::span<const Rectangle> rectangles);

}  // namespace hvfbd
