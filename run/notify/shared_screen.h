#pragma once

#include <hvfb/hvfb.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "run/fb_device.h"
#include "run/notify/caller.h"
#include "run/notify/shared_memory.h"
#include "run/picture_copy.h"
#include "run/tracking/look_times.h"
#include "run/tracking/store_watch.h"

namespace run {

// What the user said of the framebuffer.
struct ScreenSettings {
    std::string name;
    std::uint32_t width = 0, height = 0;  // 0: those of the display
    std::uint32_t scale = 1;              // 0: as large as it fits
    unsigned bits = 32;
    bool keep = false;
    std::string keyboards;  // by which the process that holds them is told; empty: there is none
};

// What is known of these programs' stores before there are any: see StoreWatch.
struct TrackingSettings {
    std::string refused;
    unsigned filters = 0;
};

// The framebuffer of all programs under one supervisor: memory that they map, and a surface to which it is
// copied where it has changed. One thread.
class SharedScreen {
  public:
    SharedScreen(ScreenSettings settings, const TrackingSettings& tracking, bool explain)
        : settings_(std::move(settings)), stores_(tracking.refused, tracking.filters, explain) {}

    // Opens the surface if there is none. 0 or an errno, and then `error` says why.
    int open(std::string& error);
    bool is_open() const { return surface_ != nullptr; }
    const std::string& keyboards() const { return settings_.keyboards; }
    fbdev::FbDevice& device() { return device_; }
    const SharedMemory& memory() const { return memory_; }
    bool is_framebuffer(const Caller& caller, int descriptor) const {
        return is_open() && caller.has(descriptor, memory_.device_number(), memory_.inode());
    }

    // 0 or an errno: there is no memory for that mode.
    int mode_changed();
    // Another part of the memory is shown.
    void panned();
    // A thread waits in a call that maps the memory.
    void maps(pid_t thread, const StoreWatch::LetGo& let_go);
    // Readable when something was written by a descriptor; -1: that is not told.
    int written() const { return stores_.written(); }

    // Shows what has changed, wherever that is.
    void show();
    // Shows what is known to have changed. In how many milliseconds it is to be called again.
    int refresh();

  private:
    struct CloseSurface {
        void operator()(hvfb_surface* surface) const { ::hvfb_surface_close(surface); }
    };

    int map(const hvfb_layout& layout, const void* kept_pixels);
    fbdev::ShownPixels shown() const;
    void look();
    bool copy(bool whole, bool& unseen);

    ScreenSettings settings_;
    fbdev::FbDevice device_;
    hvfb_layout layout_{};
    SharedMemory memory_;
    std::vector<std::byte> seen_;
    fbdev::PictureCopy copy_;
    std::unique_ptr<hvfb_surface, CloseSurface> surface_;
    StoreWatch stores_;
    LookTimes times_;
    std::vector<std::uint8_t> rows_;  // those into which is known to be stored
    bool panned_ = false;
};

}  // namespace run
