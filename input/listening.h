#pragma once

#include <string>

#include "common/descriptor.h"

namespace input {

// The socket on which clients come, and the path that it has.
struct Listening {
    hvfbd::Descriptor socket;
    std::string path;
    bool is_inherited = false;
};

// The one that systemd gave. With none its socket is empty; with anything else, or with more than one, throws
// std::runtime_error.
Listening inherited_socket();
// Makes one; a socket that is left over at the path is replaced. Who may write to it is by the umask. Throws
// std::system_error.
Listening listen_on(const std::string& path);

}  // namespace input
