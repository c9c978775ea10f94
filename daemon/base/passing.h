#pragma once

#include <sys/socket.h>

#include <cstddef>

namespace hvfbd {

// What one packet of a Unix socket says and the descriptor that goes with it.
struct Passing {
    const void* data = nullptr;
    std::size_t size = 0;
    int attached = -1;  // borrowed; -1: none
    // Where to, on a socket that is not connected.
    const sockaddr* to = nullptr;
    socklen_t to_size = 0;
};

// Sends it, or does not: it does not wait, raises no signal, and allocates nothing. False: errno says why.
bool pass(int socket, const Passing& passing) noexcept;

}  // namespace hvfbd
