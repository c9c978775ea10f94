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
// what programs that draw on a framebuffer ask of one.
class FakeTerminal {
  public:
    // Whether this is a request of virtual terminals at all. What is not is the kernel's to answer.
    static bool knows(std::uint32_t request);
    // 0 or an errno.
    int ioctl(std::uint32_t request, std::uint64_t argument, const CallerMemory& memory);

  private:
    vt_mode mode_{};
    int graphics_ = 0;  // KD_TEXT, KD_GRAPHICS
    int keyboard_ = 1;  // K_XLATE
    std::uint16_t active_ = 1;
};

// "VT_GETMODE", or null where the number is none of a virtual terminal's.
const char* terminal_request_name(std::uint32_t request);

}  // namespace fbdev
