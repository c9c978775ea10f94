#pragma once

#include "base/descriptor.h"

namespace hvfbd {

// Closes a descriptor that came from somebody else, or a socket in whose queue there may be some, in a thread
// that does nothing else. To close the last descriptor of a file waits where its owner wants it: a TCP socket
// with SO_LINGER until its peer has read everything, a file of FUSE until its server answers. Where no thread
// can be had, closes it here.
void close_elsewhere(Descriptor descriptor) noexcept;
// Whether any is not closed yet.
bool closing_elsewhere() noexcept;

}  // namespace hvfbd
