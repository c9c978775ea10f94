#pragma once

#include <string_view>

#include "vnc/tls_session.h"

namespace vnc {

// Carries bytes both ways between a client behind TLS and a socket of this process, until one of them has
// ended. A side that does not read keeps the other one waiting, and no more than 16 KiB here. Neither
// `network`, which is the socket of `tls`, nor `inner` blocks. `unheard` is what `inner` says first, and the
// client is not told. At rest it sleeps. Throws std::runtime_error.
void relay(TlsSession& tls, int network, int inner, std::string_view unheard);

}  // namespace vnc
