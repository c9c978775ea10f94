#pragma once

#include <hvfb/hvfb.h>

#include <cstdint>
#include <string_view>

#include "picture_file.h"

namespace hvfbd::demo {

// In pixels of the canvas; may lie outside of it.
struct Box {
    int x = 0, y = 0, width = 0, height = 0;
};

// The colour between two others, `part` of 255 from the first to the second.
std::uint32_t blend(std::uint32_t from, std::uint32_t to, std::uint32_t part);

// Draws on a surface as any program would, by stores alone, and counts the pixels it stores. All of it clips.
class Canvas {
  public:
    // Borrows the surface's pixels.
    Canvas(void* pixels, const hvfb_layout& layout);

    int width() const { return static_cast<int>(layout_.width); }
    int height() const { return static_cast<int>(layout_.height); }
    std::uint64_t drawn() const { return drawn_; }

    void fill(Box box, std::uint32_t pixel);
    // The part of `picture` inside `box`, which has the canvas' coordinates; the picture's upper left corner
    // is at x, y.
    void blit(const Picture& picture, int x, int y, Box box);
    void glyph(char character, int x, int y, std::uint32_t ink, std::uint32_t paper);
    void text(std::string_view words, int x, int y, std::uint32_t ink, std::uint32_t paper);
    // Moves what is in the box up by `rows`; what comes free is left as it was.
    void scroll_up(Box box, int rows);
    Picture picture() const;

  private:
    Box clip(Box box) const;
    std::uint32_t* row(int y);
    void count(Box box) {
        drawn_ += static_cast<std::uint64_t>(box.width) * static_cast<std::uint64_t>(box.height);
    }

    std::byte* pixels_;
    hvfb_layout layout_;
    std::uint64_t drawn_ = 0;
};

}  // namespace hvfbd::demo
