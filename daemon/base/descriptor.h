#pragma once

#include <cstddef>

#include "common/descriptor.h"

namespace hvfbd {

// A second descriptor of the same open file, close-on-exec. Throws std::system_error.
Descriptor duplicate(const Descriptor& descriptor);

// Throws std::system_error where this process, which has one thread, could not open as many more now.
void expect_descriptors(std::size_t count);

}  // namespace hvfbd
