#pragma once

#include <optional>

#include "descriptor.h"
#include "tracking/userfault.h"

namespace hvfb {

// A userfaultfd of this process that serves kernel-mode faults too, from /dev/userfaultfd as the daemon
// opened it: the kernel checks rights when that is opened, and nothing here. Nothing where `device` is not
// that device, this process may not use it, or the kernel does not have this kind.
std::optional<Userfault> make_granted(const Descriptor& device, Userfault::Kind kind);

}  // namespace hvfb
