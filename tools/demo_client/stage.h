#pragma once

#include <hvfb/hvfb.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "canvas.h"

namespace hvfbd::demo {

// An open surface and the canvas on it, and a viewer that looks on. Throws std::runtime_error.
class Stage {
  public:
    // `bus` as hvfb_open_options has it; null: the system bus.
    explicit Stage(const char* bus);

    Canvas& canvas() { return canvas_; }
    const char* tracking() const { return hvfb_surface_tracking(surface_.get()); }

    void pause(std::chrono::milliseconds duration);
    void begin() { hvfb_surface_begin(surface_.get()); }
    void end() { hvfb_surface_end(surface_.get()); }
    // Waits until all that was drawn is on the screen. False: not within a second, or nobody sees it.
    bool settle();
    // Stores one pixel and waits until the viewer gets its frame: from the store to the present.
    std::optional<std::chrono::nanoseconds> lone_store(int x, int y, std::uint32_t pixel);

  private:
    struct Close {
        void operator()(hvfb_surface* surface) const { hvfb_surface_close(surface); }
        void operator()(hvfb_viewer* viewer) const { hvfb_viewer_close(viewer); }
    };

    std::unique_ptr<hvfb_surface, Close> surface_;
    std::unique_ptr<hvfb_viewer, Close> viewer_;
    Canvas canvas_;
};

}  // namespace hvfbd::demo
