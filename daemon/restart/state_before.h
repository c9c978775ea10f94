#pragma once

#include <cstddef>
#include <span>

#include "restart/state.h"

namespace hvfbd {

// Reads the state as version 5 of the saved state's memory encoded it, before CBOR: objects, each with a
// kind, a version and a size before its content. For an upgrade while clients draw. Nothing writes it any
// more.
Decoded decode_state_before(std::span<const std::byte> bytes);

}  // namespace hvfbd
