#pragma once

#include <cstdint>

#include "run/fake_terminal.h"

namespace fbdev::preload {

// What hvfb-run said of this program, in the environment. Text is the environment's own.
struct Settings {
    const char* name = nullptr;
    std::uint32_t width = 0, height = 0;  // 0: those of the display
    std::uint32_t scale = 1;              // 0: as large as it fits
    unsigned bits = 32;
    bool keep = false;
};

Settings read_settings();

// Who answers the requests of virtual terminals. Read when the program starts.
extern Terminals terminals;
// By which the process that holds the keyboards is told; null: there is none.
extern const char* keyboards;
void read_early_settings();

}  // namespace fbdev::preload
