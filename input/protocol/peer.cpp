#include "input/protocol/peer.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace input {

std::optional<Peer> peer_of(int socket) {
    ucred who{};
    socklen_t size = sizeof who;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &who, &size) < 0 || who.pid == 0) return std::nullopt;
    Peer peer{who.uid, who.pid, {}};
    // The size that it needs is said where there is too little room.
    constexpr std::size_t usual = 32;
    peer.groups.resize(usual);
    for (int tries = 2; tries > 0; --tries) {
        size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
        const int result = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size);
        if (result < 0 && errno != ERANGE) size = 0;
        peer.groups.resize(size / sizeof(gid_t));
        if (result >= 0 || size == 0) break;
    }
    peer.groups.push_back(who.gid);
    return peer;
}

std::optional<gid_t> group_of_socket(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) < 0 || !S_ISSOCK(status.st_mode)) return std::nullopt;
    return status.st_gid;
}

bool may_type(const Peer& peer, std::optional<gid_t> group) {
    return peer.user == 0 || (group && std::ranges::find(peer.groups, *group) != peer.groups.end());
}

}  // namespace input
