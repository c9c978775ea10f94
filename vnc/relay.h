#pragma once

#include <string_view>

#include "vnc/stream.h"

namespace vnc {

// Carries bytes both ways between a client and a socket of this process, until one of them has
// ended. A side that does not read keeps the other one waiting, and no more than 16 KiB here. Neither
// `network`, which is the socket of `stream`, nor `inner` blocks. `unheard` is what `inner` says first, and
// the client is not told. At rest it sleeps. Throws std::runtime_error.
void relay(Stream& stream, int network, int inner, std::string_view unheard);

}  // namespace vnc
