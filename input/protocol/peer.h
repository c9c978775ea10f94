#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace input {

// Who is at the other end of a Unix socket, as the kernel noted it when the connection was made.
struct Peer {
    uid_t user;
    pid_t process;
    std::vector<gid_t> groups;  // with its main one
};

// Nothing: the socket has no such end. The user database is not asked.
std::optional<Peer> peer_of(int socket);

// The group of the socket at `path` is that of who may type: hvfbd-input, as hvfb-inputd.socket makes it.
// Nothing: there is no socket.
std::optional<gid_t> group_of_socket(const std::string& path);

// Root, and members of the group.
bool may_type(const Peer& peer, std::optional<gid_t> group);

}  // namespace input
