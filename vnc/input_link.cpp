#include "vnc/input_link.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace vnc {

void InputLink::open() {
    if (!socket_) connect();
}

void InputLink::send(const input::Packet& packet) {
    if (!socket_ && !connect()) return;
    read();
    // Where it does not take them, what is held is better released than held for ever.
    if (socket_ && ::send(socket_.get(), packet.bytes.data(), packet.size, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        say_trouble(std::string("types no more: send to hvfb-inputd: ") + std::strerror(errno));
        socket_.reset();
    }
}

bool InputLink::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    socket_.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (socket_ && ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return true;
    const int error = errno;
    socket_.reset();
    say_trouble("can only look: connect to " + path_ + ": " + std::strerror(error) +
                "; \"systemctl start hvfb-inputd.socket\" makes the socket, of package hvfbd-input");
    return false;
}

void InputLink::read() {
    if (!socket_) return;
    std::array<std::byte, input::longest_message> packet{};
    ssize_t got = 0;
    while ((got = ::recv(socket_.get(), packet.data(), packet.size(), MSG_DONTWAIT)) > 0) {
        const auto state = input::decode_state(std::span(packet).first(static_cast<std::size_t>(got)));
        if (!state) continue;
        if (state->verdict == input::Verdict::ready)
            trouble_.clear();
        else
            say_trouble("can only look: hvfb-inputd takes no keys; its journal says why");
    }
    // Readable for ever, otherwise.
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) socket_.reset();
}

void InputLink::say_trouble(const std::string& sentence) {
    if (std::exchange(trouble_, sentence) != sentence) say_(sentence);
}

}  // namespace vnc
