#pragma once

#include <string>

namespace hvfbd::bench {

// A connection to the socket of a server that has just been started. Throws std::runtime_error after ten
// seconds.
int connection_to(const std::string& socket);
// Until somebody can connect there. Throws std::runtime_error.
void await_server(const std::string& socket);

}  // namespace hvfbd::bench
