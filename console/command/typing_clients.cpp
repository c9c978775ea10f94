#include "console/command/typing_clients.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include "common/console_keymap.h"
#include "input/protocol/messages.h"
#include "input/protocol/peer.h"

namespace console {

namespace {

constexpr unsigned most_callers_at_once = 16, most_messages_at_once = 16;

bool tell(int socket, input::Verdict verdict) {
    const input::Packet packet = encode(input::State{input::protocol_version, verdict});
    return ::send(socket, packet.bytes.data(), packet.size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace

TypingClients::TypingClients(const std::string& path, Log log)
    : keymap_(hvfbd::keymap_of(hvfbd::console_layout_names())),
      listening_(input::listen_on(path)),
      log_(std::move(log)) {}

TypingClients::~TypingClients() {
    ::unlink(listening_.path.c_str());
}

void TypingClients::watch(std::vector<pollfd>& watched, bool takes_keys) const {
    // poll() ignores a negative descriptor.
    watched.push_back({has_shortage_ ? -1 : listening_.socket.get(), POLLIN, 0});
    for (const Client& client : clients_)
        watched.push_back({takes_keys ? client.socket.get() : -1, POLLIN, 0});
}

std::vector<TypedKey> TypingClients::take(std::span<const pollfd> watched) {
    std::vector<TypedKey> keys;
    has_shortage_ = false;
    std::size_t place = 1;
    for (auto client = clients_.begin(); client != clients_.end(); ++place) {
        const auto next = std::next(client);
        if (watched[place].revents != 0 && !take_messages(*client, keys)) clients_.erase(client);
        client = next;
    }
    if (watched.front().revents != 0) take_callers();
    return keys;
}

void TypingClients::take_callers() {
    for (unsigned i = 0; i < most_callers_at_once; ++i) {
        hvfbd::Descriptor socket(
            ::accept4(listening_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) {
            has_shortage_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
            if (has_shortage_) log_(std::string("cannot take who types: ") + std::strerror(errno));
            return;
        }
        admit(std::move(socket));
    }
}

void TypingClients::admit(hvfbd::Descriptor socket) {
    const auto peer = input::peer_of(socket.get());
    if (!peer) return;
    if (peer->user != ::geteuid() && !input::may_type(*peer, input::group_of_socket(listening_.path))) {
        log_("user " + std::to_string(peer->user) + " may not type: it is not in the group of " +
             listening_.path);
        tell(socket.get(), input::Verdict::not_permitted);
        return;
    }
    if (clients_.size() >= most_clients) {
        tell(socket.get(), input::Verdict::full);
        return;
    }
    if (tell(socket.get(), input::Verdict::ready)) clients_.push_back({std::move(socket), Keyboard(keymap_)});
}

bool TypingClients::take_messages(Client& client, std::vector<TypedKey>& keys) const {
    for (unsigned i = 0; i < most_messages_at_once; ++i) {
        // A longer one is cut, and has the wrong size then.
        std::array<std::byte, input::longest_message + 1> packet{};
        const ssize_t got = ::recv(client.socket.get(), packet.data(), packet.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
        // It went without having read what it was told. What it sent before comes behind this.
        if (got < 0 && errno == ECONNRESET) continue;
        if (got <= 0) return false;
        const auto message = input::decode(std::span(packet).first(static_cast<std::size_t>(got)));
        if (!message) {
            log_("who types sent a malformed message of " + std::to_string(got) + " bytes");
            return false;
        }
        if (const auto* const key = std::get_if<input::Key>(&*message))
            if (const auto typed = client.keyboard.take(*key)) keys.push_back(*typed);
    }
    return true;
}

}  // namespace console
