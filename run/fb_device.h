#pragma once

#include <linux/fb.h>

#include <cstdint>

#include "run/caller_memory.h"

namespace fbdev {

// What an fbdev program has in front of it: a picture of this size, in pixels, with rows of `stride` bytes
// where a pixel has 32 bits.
struct FbScreen {
    std::uint32_t width = 0, height = 0, stride = 0;
};

// What an answered call asks of whoever owns the pixels.
enum class FbEffect {
    none,
    mode,            // depth, order of colours, or the height of the memory changed
    pan,             // another part of the memory is shown: a frame is whole
    blank,           // FbDevice::blanked
    wait_for_vsync,  // to be answered at the next tick of the display
};

struct FbAnswer {
    int error = 0;  // 0 or an errno
    FbEffect effect = FbEffect::none;
};

// A part of the memory that a read or a write is about.
struct FbTransfer {
    std::uint64_t count = 0;  // bytes that may be copied
    int error = 0;            // an errno: what a call that copies nothing returns
};

// /dev/fb0 as Linux's fbmem answers for it: the ioctls, and how much may be read and written where. It owns
// no pixels and makes no system calls.
class FbDevice {
  public:
    FbDevice() = default;
    // `bits`: of a pixel, 16 or 32. `heights`: how many heights of the screen there may be memory for, 1
    // or 2. `begun_with`: how many there is memory for at first. A mode that needs more gets all of it.
    FbDevice(const FbScreen& screen, unsigned bits, unsigned heights = 2, unsigned begun_with = 2);

    // `argument`: an address in the caller's memory, or a number.
    FbAnswer ioctl(std::uint32_t request, std::uint64_t argument, const CallerMemory& memory);

    const fb_var_screeninfo& var() const { return var_; }
    const fb_fix_screeninfo& fix() const { return fix_; }
    bool bgr() const { return var_.bits_per_pixel == 32 && var_.red.offset == 0; }
    bool doubled() const { return var_.yres_virtual > var_.yres; }
    unsigned blanked() const { return blanked_; }
    // In bytes, without what fills the last page of it.
    std::uint64_t memory_size() const { return memory_size_; }
    // Of the memory in the mode that it has now, in bytes: what is read to its end.
    std::uint64_t size() const { return std::uint64_t{fix_.line_length} * var_.yres_virtual; }

    FbTransfer reading(std::uint64_t position, std::uint64_t count) const;
    FbTransfer writing(std::uint64_t position, std::uint64_t count) const;

  private:
    static constexpr std::uint32_t colours = 256;

    FbAnswer set_var(fb_var_screeninfo& var);
    FbAnswer pan(const fb_var_screeninfo& wanted);
    FbAnswer put_colours(const fb_cmap& map, const CallerMemory& memory);
    FbAnswer get_colours(const fb_cmap& map, const CallerMemory& memory) const;
    bool put_fix(std::uint64_t to, const CallerMemory& memory) const;
    int check(fb_var_screeninfo& var) const;
    void set_fix();
    void have_memory(unsigned heights);

    FbScreen screen_;
    unsigned heights_ = 2;
    std::uint64_t memory_size_ = 0;
    fb_var_screeninfo var_{};
    fb_fix_screeninfo fix_{};
    std::uint16_t red_[colours] = {}, green_[colours] = {}, blue_[colours] = {};
    unsigned blanked_ = FB_BLANK_UNBLANK;
};

// "FBIOGET_VSCREENINFO", or null where the number is none of fbdev's.
const char* fb_request_name(std::uint32_t request);

}  // namespace fbdev
