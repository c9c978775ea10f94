#pragma once

#include <cstddef>

#include "common/descriptor.h"

namespace run {

// A file system in memory that has no path. It is there until the last descriptor of a file of it is closed.
struct OwnFileSystem {
    hvfbd::Descriptor root, settings;
    explicit operator bool() const { return bool(root); }
    // Whether it has that room now.
    bool resize(std::size_t size) const;
};
// An empty one with room for `size` bytes: writing more is ENOSPC. None, and errno: the kernel lets this
// process make none, as in some containers.
OwnFileSystem own_file_system(std::size_t size);

}  // namespace run
