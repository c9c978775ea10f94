#include "vnc/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace vnc {

namespace {

constexpr int waiting_clients = 32;

[[noreturn]] void fail(const std::string& what) {
    throw std::system_error(errno, std::system_category(), what);
}

void set_option(int fd, int level, int option) {
    const int on = 1;
    // Failing that nothing is lost that a client would miss.
    (void)::setsockopt(fd, level, option, &on, sizeof on);
}

// Whether a socket is at the path, and nobody listens on it.
bool is_left_over(const sockaddr_un& address) {
    struct stat status {};
    if (::lstat(address.sun_path, &status) < 0 || !S_ISSOCK(status.st_mode)) return false;
    const hvfbd::Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return probe && ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 &&
           errno == ECONNREFUSED;
}

hvfbd::Descriptor listen_on_path(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const std::string what = "listen on " + path;
    if (is_left_over(address)) ::unlink(path.c_str());
    hvfbd::Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made || ::bind(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0)
        fail(what);
    if (::listen(made.get(), waiting_clients) < 0) fail(what);
    return made;
}

hvfbd::Descriptor listen_on_network(const ListenAddress& wanted) {
    const std::string what = "listen on " + wanted.host + " port " + std::to_string(wanted.port);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(wanted.port);
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(wanted.port);
    const bool is_six = ::inet_pton(AF_INET6, wanted.host.c_str(), &six.sin6_addr) == 1;
    if (!is_six && ::inet_pton(AF_INET, wanted.host.c_str(), &four.sin_addr) != 1)
        throw std::system_error(EINVAL, std::system_category(), what);
    hvfbd::Descriptor made(
        ::socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made) fail(what);
    set_option(made.get(), SOL_SOCKET, SO_REUSEADDR);
    const auto* const address =
        is_six ? reinterpret_cast<const sockaddr*>(&six) : reinterpret_cast<const sockaddr*>(&four);
    if (::bind(made.get(), address, is_six ? sizeof six : sizeof four) < 0) fail(what);
    if (::listen(made.get(), waiting_clients) < 0) fail(what);
    return made;
}

void set_names(Listener::Caller& caller, const sockaddr_storage& address, socklen_t size) {
    if (address.ss_family == AF_UNIX) {
        ucred who{};
        socklen_t size_of_who = sizeof who;
        caller.name = ::getsockopt(caller.socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &size_of_who) < 0
                          ? "of this machine"
                          : "user " + std::to_string(who.uid) + ", process " + std::to_string(who.pid);
        return;
    }
    constexpr std::size_t longest_port = 8;
    std::array<char, INET6_ADDRSTRLEN + IF_NAMESIZE> host{};
    std::array<char, longest_port> port{};
    // By numbers: no name server is asked.
    if (::getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(),
                      port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
        caller.name = caller.host = "of the network";
        return;
    }
    caller.host = host.data();
    caller.name = caller.host + " port " + port.data();
}

}  // namespace

Listener::Listener(hvfbd::Descriptor socket, std::string path)
    : socket_(std::move(socket)), path_(std::move(path)) {}

Listener::Listener(Listener&& other) noexcept
    : socket_(std::move(other.socket_)), path_(std::exchange(other.path_, {})) {}

Listener::~Listener() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

std::vector<Listener> Listener::inherited() {
    const int count = ::sd_listen_fds(1);
    if (count < 0)
        throw std::system_error(-count, std::system_category(), "take the sockets that systemd gave");
    std::vector<Listener> listeners;
    for (int fd = SD_LISTEN_FDS_START; fd < SD_LISTEN_FDS_START + count; ++fd) {
        listeners.push_back(Listener(hvfbd::Descriptor(fd)));
        if (::sd_is_socket(fd, AF_UNSPEC, SOCK_STREAM, 1) <= 0)
            throw std::runtime_error("descriptor " + std::to_string(fd) +
                                     " is no listening stream socket: a socket unit for hvfb-vnc has "
                                     "ListenStream= and not Accept=yes");
        const int flags = ::fcntl(fd, F_GETFL);
        if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) fail("take a socket of systemd's");
    }
    return listeners;
}

Listener Listener::make(const ListenAddress& address) {
    if (address.is_network()) return Listener(listen_on_network(address));
    return Listener(listen_on_path(address.path), address.path);
}

bool Listener::is_network() const {
    return ::sd_is_socket(socket_.get(), AF_UNIX, SOCK_STREAM, 1) <= 0;
}

bool Listener::is_loopback() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) < 0) return false;
    if (address.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr);
    constexpr std::uint32_t first_bits = 24;
    return address.ss_family == AF_INET &&
           ntohl(reinterpret_cast<const sockaddr_in*>(&address)->sin_addr.s_addr) >> first_bits ==
               IN_LOOPBACKNET;
}

std::optional<Listener::Caller> Listener::accept() const {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    hvfbd::Descriptor socket(
        ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) {
        // Whoever waited may have gone, in many ways.
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            fail("take a client's connection");
        return std::nullopt;
    }
    // A peer that vanished without a word is noticed after some hours.
    if (address.ss_family != AF_UNIX) set_option(socket.get(), SOL_SOCKET, SO_KEEPALIVE);
    Caller caller{std::move(socket), {}, {}, std::nullopt};
    set_names(caller, address, size);
    if (address.ss_family == AF_UNIX) caller.peer = input::peer_of(caller.socket.get());
    return caller;
}

}  // namespace vnc
