#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstddef>
#include <string>
#include <vector>

#include "common/descriptor.h"

namespace run {

// The system calls by which a program finds a framebuffer and asks something of it. Pure.
struct Filtered {
    bool terminal = false;   // also the ioctls of a virtual terminal
    bool keyboards = false;  // and the one that takes an input device
};
std::vector<sock_filter> notify_filter(const Filtered& filtered);

// Puts it before all system calls that this process makes from now on, and its children's. The descriptor is
// where they are answered. Throws std::system_error.
hvfbd::Descriptor install_filter(const std::vector<sock_filter>& filter);

}  // namespace run
