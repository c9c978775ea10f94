#include "input/listening.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>

namespace input {

namespace {

constexpr int waiting_clients = 32;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

hvfbd::Descriptor make_socket() {
    return hvfbd::Descriptor(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

// Whether a socket is at the path, and nobody listens on it.
bool is_left_over(const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(address.sun_path, &status) < 0 || !S_ISSOCK(status.st_mode)) return false;
    const hvfbd::Descriptor probe = make_socket();
    return probe && ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 &&
           errno == ECONNREFUSED;
}

std::string path_of(int socket) {
    sockaddr_un address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) < 0)
        fail("ask a socket for its path");
    const std::size_t most = sizeof address.sun_path;
    return {address.sun_path, ::strnlen(address.sun_path, most)};
}

}  // namespace

Listening inherited_socket() {
    const int count = ::sd_listen_fds(1);
    if (count < 0)
        throw std::system_error(-count, std::system_category(), "take the socket that systemd gave");
    if (count == 0) return {};
    Listening made{hvfbd::Descriptor(SD_LISTEN_FDS_START), {}, true};
    const int fd = made.socket.get();
    if (count > 1 || ::sd_is_socket(fd, AF_UNIX, SOCK_SEQPACKET, 1) <= 0)
        throw std::runtime_error(
            "there has to be one listening socket of SOCK_SEQPACKET: a socket unit for hvfb-inputd has "
            "one ListenSequentialPacket= and not Accept=yes");
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) fail("take a socket of systemd's");
    made.path = path_of(fd);
    return made;
}

Listening listen_on(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        fail("listen on " + path);
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (is_left_over(address)) ::unlink(path.c_str());
    Listening made{make_socket(), path, false};
    const int fd = made.socket.get();
    if (fd < 0 || ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
        ::listen(fd, waiting_clients) < 0)
        fail("listen on " + path);
    return made;
}

}  // namespace input
