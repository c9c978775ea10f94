#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace hvhost {

// What the window of the host shows: the guest's picture, painted from the video memory only inside submitted
// rectangles, so that what is changed and not submitted stays as it was, and can be seen.
class Window {
  public:
    static constexpr std::uint32_t unpainted = 0x00ee22ee;

    // Another picture size; nothing of it is painted.
    void resize(std::uint32_t width, std::uint32_t height, std::uint32_t pitch);
    void forget() { pixels_.assign(pixels_.size(), unpainted); }
    // Clipped to the picture and to the memory. Returns the pixels painted.
    std::uint64_t paint(std::span<const std::byte> memory, std::int32_t left, std::int32_t top,
                        std::int32_t right, std::int32_t bottom);

    // All of it, and there is something.
    bool is_painted() const {
        return !pixels_.empty() && std::ranges::find(pixels_, unpainted) == pixels_.end();
    }
    std::uint32_t width() const { return width_; }
    std::uint32_t height() const { return height_; }
    std::span<const std::uint32_t> pixels() const { return pixels_; }  // XRGB8888

  private:
    std::uint32_t width_ = 0, height_ = 0, pitch_ = 0;
    std::vector<std::uint32_t> pixels_;
};

}  // namespace hvhost
