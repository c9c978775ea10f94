#pragma once

#include <linux/vt.h>

#include <cstdint>

#include "run/caller_memory.h"

namespace fbdev {

// Who answers requests of virtual terminals, as hvfb-run --vt says.
enum class Terminals {
    kernels,        // the kernel alone: none, real
    where_missing,  // the fake one where the kernel has none, or none for this program: auto
    fake,
};

// A virtual terminal of the kernel's that is not there: always in front, and nobody switches away. Answers
// what programs that draw on a framebuffer ask of one, as the kernel does. What it is asked to be in front is
// so at once, without signals, and its keyboard has no keys and no lights.
class FakeTerminal {
  public:
    // Whether this is a request of virtual terminals at all. What is not is the kernel's to answer.
    static bool knows(std::uint32_t request);
    // 0 or an errno.
    int ioctl(std::uint32_t request, std::uint64_t argument, const CallerMemory& memory);

  private:
    int keyboard_ioctl(std::uint32_t request, std::uint64_t argument, const CallerMemory& memory);
    int set_switching(std::uint64_t argument, const CallerMemory& memory);
    int say_state(std::uint64_t argument, const CallerMemory& memory) const;

    vt_mode switching_{};
    int graphics_ = 0;  // KD_TEXT, KD_GRAPHICS
    int keyboard_ = 3;  // K_UNICODE
    int meta_ = 4;      // K_ESCPREFIX
    unsigned char flags_ = 0;
    std::uint16_t active_ = 1;
};

// "VT_GETMODE", or null where the number is none of a virtual terminal's.
const char* terminal_request_name(std::uint32_t request);

}  // namespace fbdev
