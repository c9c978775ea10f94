#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "base/layout.h"
#include "base/rectangle.h"

namespace hvfbd::hyperv {

// The DIRT messages of one frame. Pure.
class DirtFrame {
  public:
    // OpenVMM's VNC server queues four messages for each of its clients, and sends the whole screen to who
    // missed the fifth.
    static constexpr std::size_t most_messages = 4;

    // `in_a_message`: rectangles, 1 to synthvid::most_rectangles; other numbers are taken as the nearest.
    explicit DirtFrame(std::size_t in_a_message);

    // Every frame is to fit into a ring with that many bytes of data while it is empty.
    void fit(std::size_t ring_size);
    std::size_t most_rectangles() const { return most_messages * in_a_message_; }

    // Clipped to the screen. More rectangles than most_rectangles() are submitted as the box around them.
    // Where each is a message, those that one box covers without another host tile are one: a message takes a
    // place in a queue, and its rectangle costs the tiles that it touches.
    void set(std::span<const Rectangle> rectangles, const Rectangle& screen);
    std::span<const std::vector<std::byte>> messages() const { return std::span(messages_).first(count_); }

  private:
    std::size_t wanted_, in_a_message_;
    std::array<std::vector<std::byte>, most_messages> messages_;
    std::size_t count_ = 0;
    std::vector<Rectangle> clipped_;
};

}  // namespace hvfbd::hyperv
