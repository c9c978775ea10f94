#pragma once

#include <hvfb/hvfb.h>

#include <cstddef>
#include <memory>

namespace vnc {

// Memory for a picture, in whole pages. The library maps the display's picture into it, and leaves a copy of
// the last one there when the view ends or the mode changes: who still reads it reads on.
class PictureMemory {
  public:
    // Zeros. Throws std::system_error.
    explicit PictureMemory(std::size_t size);
    PictureMemory(const PictureMemory&) = delete;
    PictureMemory& operator=(const PictureMemory&) = delete;
    ~PictureMemory();

    void* address() const { return address_; }

  private:
    void* address_;
    std::size_t size_;
};

// What a display shows, for as long as somebody has it. Pixels change meanwhile, and layout does not. Any
// thread.
struct Picture {
    std::shared_ptr<const PictureMemory> memory;
    hvfb_layout layout;

    const void* pixels() const { return memory->address(); }
    hvfb_rect whole() const { return {0, 0, layout.width, layout.height}; }
};

// For clients that come before any display was seen. Throws std::system_error.
std::shared_ptr<const Picture> black_picture();

}  // namespace vnc
