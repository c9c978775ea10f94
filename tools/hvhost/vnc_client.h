#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "hvhost/wire.h"

namespace hvhost {

// What OpenVMM's VNC server sends a client that always wants more. Every DIRT message takes a place in a
// queue of four; each 30 ms the server empties the queue and sends the tiles of 16 x 16 pixels that its
// rectangles touch; if a message found no place, the whole screen (vnc_worker/src/lib.rs,
// vnc_worker/vnc/src/update_state.rs, dirty_bitmap.rs). Pure.
class VncClient {
  public:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t queue = 4;
    static constexpr std::chrono::milliseconds period{30};

    // The guest's picture has that size: all of it is sent, if it had another.
    void resize(std::uint32_t width, std::uint32_t height, Time now);
    // One message.
    void dirt(const std::vector<wire::DirtRect>& rectangles, Time now);
    // The next look of the server; none: there is nothing to send.
    std::optional<Time> wake_at() const { return look_at_; }
    void tick(Time now);

    std::uint64_t pixels() const { return pixels_; }      // sent
    std::uint64_t repaints() const { return repaints_; }  // whole screens, for a message that was missed

  private:
    void expect_look(Time now);
    void mark(const wire::DirtRect& rectangle);
    std::uint64_t take_marked();

    std::uint32_t width_ = 0, height_ = 0;
    std::vector<std::vector<wire::DirtRect>> queued_;
    std::vector<bool> tiles_;
    bool missed_ = false, resized_ = false;
    std::optional<Time> look_at_;
    std::uint64_t pixels_ = 0, repaints_ = 0;
};

}  // namespace hvhost
