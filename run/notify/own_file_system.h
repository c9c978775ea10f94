#pragma once

#include <cstddef>

#include "common/descriptor.h"

namespace run {

// The root of an empty file system in memory that has no path and room for `size` bytes: writing more is
// ENOSPC. It is there until the last descriptor of a file of it is closed. None, and errno: the kernel lets
// this process make none, as in some containers.
hvfbd::Descriptor own_file_system(std::size_t size);

}  // namespace run
