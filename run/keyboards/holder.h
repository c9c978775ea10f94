#pragma once

#include <sys/types.h>

#include <string>

namespace run {

struct KeyboardSettings {
    std::string bus, display;
    bool explain = false;
};

// Says what is wrong where a keyboard that is there cannot be opened; empty: nothing.
std::string wrong_with_keyboards();

// Starts a process that holds the keyboards while a surface of this process, or of one that comes from it, is
// shown. It is no child of this process, and leaves when all of these have ended. Returns the name by which
// it is told of them. Throws std::system_error.
std::string hold_keyboards(const KeyboardSettings& settings);

}  // namespace run
