#pragma once

#include <string>

namespace vnc {

// A new private key and a certificate for it, for the name of this machine, as one text in PEM. It does not
// expire: people compare its fingerprint once. Throws std::runtime_error.
std::string make_own_certificate();

}  // namespace vnc
