#pragma once

#include <cstddef>
#include <cstdint>

#include "run/fb_device.h"
#include "run/picture_copy.h"
#include "run/preload/libhvfb.h"
#include "run/preload/program_memory.h"
#include "run/preload/settings.h"

namespace fbdev::preload {

// What the process's descriptors of /dev/fb0 stand for: one surface, and the memory that the program maps.
// That memory is the surface's own where the two have the same layout; libhvfb notices stores into it.
// Otherwise (16 bits, another order of colours, a doubled height, another size) it is memory of its own that
// is compared and converted: at each pan, and some times a second.
//
// The surface stays until the program ends, as the picture on a kernel's framebuffer does.
class Screen {
  public:
    // Opens the surface if there is none. 0 or an errno.
    int open();
    bool is_open() const { return bool(memory_); }

    FbDevice& device() { return device_; }
    // What the program has of it.
    ProgramMemory& memory() { return memory_; }

    // After an ioctl with FbEffect::mode or pan, or a write into memory that is not the surface's.
    int mode_changed();
    void show();

    // In a child after fork(2): the surface is the parent's.
    void forked();

    // For the thread that shows what is stored into memory of its own. Returns in how many milliseconds it is
    // to be called again; 0: never.
    unsigned refresh();
    bool is_direct() const { return direct_; }

    hvfb_surface* surface() { return surface_; }
    const LibHvfb* library() const { return library_; }

  private:
    static void* place(void* context, std::size_t size);
    int open_surface(bool direct);
    int attach(bool direct);
    void detach();
    void close(hvfb_surface* surface);
    int replace(bool direct);
    bool fits_directly() const;
    void begin_refreshing();
    bool copy_changed();
    ShownPixels shown() const;

    const LibHvfb* library_ = nullptr;
    hvfb_surface* surface_ = nullptr;
    hvfb_layout layout_{};
    Settings settings_;
    FbDevice device_;
    PictureCopy copy_;
    ProgramMemory memory_;
    std::byte* seen_ = nullptr;  // for copy_
    std::size_t seen_size_ = 0;
    bool direct_ = false;
    bool forked_ = false;
    bool another_mode_ = false;  // of the display: taken when nobody uses the old one
    bool refreshing_ = false;
    unsigned quiet_ = 0;  // refreshes that found nothing, one after another
};

}  // namespace fbdev::preload
