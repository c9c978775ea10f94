#include "console/scroll_control.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace console {

namespace {

constexpr std::size_t most_peers = 8, longest_request = 64;

bool send_to(int socket, std::string_view answer) {
    return ::send(socket, answer.data(), answer.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        throw std::system_error(ENAMETOOLONG, std::system_category(), "make the socket " + path);
    path.copy(address.sun_path, path.size());
    return address;
}

// One that a process before this one has left. Anything else stays, and bind() says so.
void remove_socket(const std::string& path) {
    struct stat found = {};
    if (::lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) ::unlink(path.c_str());
}

bool watch(int events, int fd, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    return ::epoll_ctl(events, EPOLL_CTL_ADD, fd, &event) == 0;
}

}  // namespace

ScrollControl::ScrollControl(std::string path, std::function<bool(uid_t)> may_scroll)
    : path_(std::move(path)),
      may_scroll_(std::move(may_scroll)),
      events_(::epoll_create1(EPOLL_CLOEXEC)),
      listening_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    constexpr mode_t for_everybody = 0666;
    const sockaddr_un address = address_of(path_);
    remove_socket(path_);
    // Edges: where there are no descriptors for a peer the next one wakes the program, and not this one again
    // and again.
    if (!events_ || !listening_ ||
        ::bind(listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0 ||
        ::chmod(path_.c_str(), for_everybody) < 0 || ::listen(listening_.get(), int(most_peers)) < 0 ||
        !watch(events_.get(), listening_.get(), EPOLLIN | EPOLLET))
        throw std::system_error(errno, std::system_category(), "make the socket " + path_);
}

ScrollControl::~ScrollControl() {
    remove_socket(path_);
}

void ScrollControl::accept_all() {
    for (;;) {
        hvfbd::Descriptor made(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!made) return;
        ucred user{};
        socklen_t size = sizeof user;
        if (::getsockopt(made.get(), SOL_SOCKET, SO_PEERCRED, &user, &size) < 0) continue;
        // Before it takes the place of another one.
        if (!may_scroll_(user.uid)) {
            send_to(made.get(), "refused");
            continue;
        }
        if (!watch(events_.get(), made.get(), EPOLLIN)) continue;
        if (peers_.size() == most_peers) peers_.pop_front();
        peers_.push_back({std::move(made), user.uid});
    }
}

// False: it has ended.
bool ScrollControl::serve(Peer& peer, const std::function<std::string(std::string_view request)>& answer) {
    std::array<char, longest_request> bytes{};
    const ssize_t length = ::recv(peer.socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (length < 0) return errno == EAGAIN || errno == EINTR;
    if (length == 0) return false;
    // Another terminal may be in the foreground now.
    if (!may_scroll_(peer.user)) {
        send_to(peer.socket.get(), "refused");
        return false;
    }
    const std::string_view request(bytes.data(), std::size_t(length));
    if (request != "hold") return send_to(peer.socket.get(), answer(request));
    peer.holds = true;
    return send_to(peer.socket.get(), answer("where"));
}

void ScrollControl::take(const std::function<std::string(std::string_view request)>& answer) {
    std::array<epoll_event, most_peers + 1> happened{};
    const int count = ::epoll_wait(events_.get(), happened.data(), int(happened.size()), 0);
    for (int i = 0; i < count; ++i) {
        const int fd = happened.at(std::size_t(i)).data.fd;
        if (fd == listening_.get()) continue;
        const auto peer = std::ranges::find(peers_, fd, [](const Peer& of) { return of.socket.get(); });
        if (peer != peers_.end() && !serve(*peer, answer)) peers_.erase(peer);
    }
    // Afterwards: a new one may get the number of one that has ended.
    accept_all();
}

bool ScrollControl::is_held() const {
    return std::ranges::any_of(peers_, &Peer::holds);
}

void ScrollControl::end_holding() {
    for (Peer& peer : peers_) peer.holds = false;
}

}  // namespace console
