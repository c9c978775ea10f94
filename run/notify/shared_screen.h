#pragma once

#include <hvfb/hvfb.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "run/fb_device.h"
#include "run/picture_copy.h"

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

struct UnmapPixels {
    std::size_t size = 0;
    void operator()(std::byte* address) const;
};

// The framebuffer of all programs under one supervisor: memory that they map, and a surface to which it is
// copied where it has changed. One thread.
class SharedScreen {
  public:
    explicit SharedScreen(ScreenSettings settings) : settings_(std::move(settings)) {}

    // Opens the surface if there is none. 0 or an errno, and then `error` says why.
    int open(std::string& error);
    bool is_open() const { return surface_ != nullptr; }
    const std::string& keyboards() const { return settings_.keyboards; }
    fbdev::FbDevice& device() { return device_; }
    // The memory once more, for this access mode: its position is its own. None, and errno, where that fails.
    hvfbd::Descriptor descriptor(int flags) const;
    dev_t device_number() const { return device_number_; }
    ino_t inode() const { return inode_; }

    void mode_changed();
    // Shows what has changed. Whether anything had.
    bool show();
    // The same. In how many milliseconds it is to be called again.
    int refresh();

  private:
    struct CloseSurface {
        void operator()(hvfb_surface* surface) const { ::hvfb_surface_close(surface); }
    };

    int map(const hvfb_layout& layout, const void* kept_pixels);
    fbdev::ShownPixels shown() const;

    ScreenSettings settings_;
    fbdev::FbDevice device_;
    hvfb_layout layout_{};
    hvfbd::Descriptor memory_;
    dev_t device_number_ = 0;
    ino_t inode_ = 0;
    std::unique_ptr<std::byte, UnmapPixels> pixels_;
    std::vector<std::byte> seen_;
    fbdev::PictureCopy copy_;
    std::unique_ptr<hvfb_surface, CloseSurface> surface_;
    int quiet_ = 0;  // refreshes that found nothing, one after another
};

}  // namespace run
