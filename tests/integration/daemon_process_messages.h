#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "daemon_process.h"

// What the test's process and the daemon's say to each other.
namespace hvfbd::testing {

struct DaemonProcess::Request {
    enum class Kind {
        open,
        view,
        activate,
        set_visible,
        change_settings,
        set_mode,
        refuse,
        await_equal,
        counters
    } kind;
    std::uint64_t value = 0;
    Mode mode{};
    DisplaySettings settings{};
    unsigned display = 0;
    bool keep = false;
    Layer layer = Layer::normal;
    Layout layout{};  // asked for, if it has a width
    char name[64] = {};
};

struct DaemonProcess::Answer {
    Layout layout{};
    Difference difference{};
    Counters counters{};
};

// With descriptors attached, two at most. Throws std::system_error.
void send_with(int socket, const void* bytes, std::size_t size, std::span<const int> attached);

}  // namespace hvfbd::testing
