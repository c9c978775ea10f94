#pragma once

#include <hvfb/hvfb.h>

#include <cstddef>
#include <span>
#include <vector>

namespace vnc {

// What changed of the picture since a client was last told. A client that is slow has the union; of more than
// `most` rectangles it has the box around them.
class Damage {
  public:
    static constexpr std::size_t most = 64;

    void add(std::span<const hvfb_rect> rects);
    bool empty() const { return rects_.empty(); }
    // Empties it.
    std::vector<hvfb_rect> take();

  private:
    std::vector<hvfb_rect> rects_;
};

}  // namespace vnc
