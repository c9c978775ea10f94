#include "input/server.h"

#include <poll.h>
#include <sys/socket.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <iostream>
#include <span>
#include <system_error>
#include <utility>

#include "input/protocol/peer.h"

namespace input {

namespace {

constexpr unsigned most_callers_a_dispatch = 16, most_messages_a_dispatch = 64;
constexpr auto pause_after_shortage = std::chrono::seconds(1);

std::string name_of(const Peer& peer) {
    return "user " + std::to_string(peer.user) + ", process " + std::to_string(peer.process);
}

bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

void log(const std::string& sentence) {
    std::cerr << "hvfb-inputd: " + sentence + "\n" << std::flush;
}

Server::Server(ServerOptions options, hvfbd::Descriptor listening, Devices& devices)
    : options_(std::move(options)),
      listening_(std::move(listening)),
      devices_(devices),
      state_(std::chrono::steady_clock::now()) {}

void Server::run(int signals) {
    sd_notify(0, "READY=1");
    tell_manager();
    while (dispatch(signals)) {
    }
    remove_devices();
}

int Server::timeout() const {
    const Time now = std::chrono::steady_clock::now();
    std::optional<Time> at;
    const bool has_devices = keyboard_ || pointer_ || touch_;
    if (has_devices || options_.leaves) at = state_.removes_at();
    if (now < no_callers_before_) at = std::min(at.value_or(no_callers_before_), no_callers_before_);
    for (const Device* const device : devices_made())
        if (const auto due = device->waits_until()) at = std::min(at.value_or(*due), *due);
    if (!at) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*at - now).count();
    return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
}

// False: the end.
bool Server::dispatch(int signals) {
    std::vector<pollfd> watched = {
        {signals, POLLIN, 0},
        {std::chrono::steady_clock::now() < no_callers_before_ ? -1 : listening_.get(), POLLIN, 0}};
    const std::size_t first_client = watched.size();
    for (const Client& client : clients_) watched.push_back({client.socket.get(), POLLIN, 0});
    // A device says nothing that is not to be heard at once, so all of them go on whichever it was.
    for (const Device* const device : devices_made())
        if (const auto descriptor = device->waits_for()) watched.push_back({*descriptor, POLLIN, 0});
    if (::poll(watched.data(), watched.size(), timeout()) < 0 && errno != EINTR)
        throw std::system_error(errno, std::system_category(), "wait for clients");
    if (watched[0].revents != 0) return false;
    std::size_t i = first_client;
    for (auto client = clients_.begin(); client != clients_.end(); ++i) {
        const auto next = std::next(client);
        if (watched[i].revents != 0 && !take_messages(*client)) end(client);
        client = next;
    }
    if (watched[1].revents != 0) take_callers();
    let_devices_go_on();
    const auto removes_at = state_.removes_at();
    if (removes_at && std::chrono::steady_clock::now() >= *removes_at) {
        remove_devices();
        return !options_.leaves;
    }
    return true;
}

void Server::take_callers() {
    for (unsigned i = 0; i < most_callers_a_dispatch; ++i) {
        hvfbd::Descriptor socket(::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (socket) {
            admit(std::move(socket));
            continue;
        }
        if (!is_shortage(errno)) return;
        say_trouble(std::string("cannot take a client: ") + std::strerror(errno));
        no_callers_before_ = std::chrono::steady_clock::now() + pause_after_shortage;
        return;
    }
}

void Server::admit(hvfbd::Descriptor socket) {
    Client client{++connections_, std::move(socket), std::nullopt};
    const auto peer = peer_of(client.socket.get());
    if (!peer) return;
    if (!may_type(*peer, group_of_socket(options_.path))) {
        log(name_of(*peer) + " may not type: it is not in the group of " + options_.path);
        tell(client, Verdict::not_permitted);
        return;
    }
    if (clients_.size() >= options_.most_clients) {
        say_trouble("there are " + std::to_string(options_.most_clients) +
                    " clients: more are refused (--max-clients)");
        tell(client, Verdict::full);
        return;
    }
    if (!tell(client, devices_verdict())) return;
    log("client " + std::to_string(client.number) + " connected: " + name_of(*peer) +
        (client.told == Verdict::no_device ? ", which can only look" : ""));
    state_.client_came(client.number);
    clients_.push_back(std::move(client));
    tell_manager();
}

void Server::end(std::list<Client>::iterator client) {
    log("client " + std::to_string(client->number) + " left");
    const InputState::Client number = client->number;
    clients_.erase(client);
    say(state_.client_left(number, std::chrono::steady_clock::now()));
    tell_manager();
}

bool Server::take_messages(Client& client) {
    for (unsigned i = 0; i < most_messages_a_dispatch; ++i) {
        // A longer one is cut, and has the wrong size then.
        std::array<std::byte, longest_message + 1> packet{};
        const ssize_t got = ::recv(client.socket.get(), packet.data(), packet.size(), MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
        // It went without having read what it was told. What it sent before comes behind this.
        if (got < 0 && errno == ECONNRESET) continue;
        if (got <= 0) return false;
        if (!take(client, std::span(packet).first(static_cast<std::size_t>(got)))) return false;
    }
    return true;
}

bool Server::take(Client& client, std::span<const std::byte> packet) {
    const auto message = decode(packet);
    if (!message) {
        log("client " + std::to_string(client.number) + " sent a malformed message of " +
            std::to_string(packet.size()) + " bytes");
        return false;
    }
    if (client.told != Verdict::ready) return true;
    say(state_.take(client.number, *message));
    return trouble_.empty() || tell(client, devices_verdict());
}

// False: it reads nothing.
bool Server::tell(Client& client, Verdict verdict) {
    if (client.told == verdict) return true;
    client.told = verdict;
    const Packet packet = encode(State{protocol_version, verdict});
    return ::send(client.socket.get(), packet.bytes.data(), packet.size, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

Verdict Server::devices_verdict() {
    try {
        devices_.check();
        trouble_.clear();
        return Verdict::ready;
    } catch (const std::system_error& error) {
        say_trouble(std::string(error.what()) + ": clients can only look");
        return Verdict::no_device;
    }
}

void Server::say(const std::vector<InputState::Report>& reports) {
    for (const InputState::Report& report : reports) {
        try {
            if (Device* const found = device(report.kind)) found->send(report.events);
        } catch (const std::system_error& error) {
            say_trouble(error.what());
            remove_devices();
            return;
        }
    }
}

// The keyboard and the pointer come together: who opens devices has had time for that when the first key
// comes.
Device* Server::device(Kind kind) {
    const auto made = [this](std::unique_ptr<Device>& one, Kind which) {
        if (!one) one = devices_.make(which);
        return one.get();
    };
    if (kind == Kind::touch) return made(touch_, Kind::touch);
    Device* const pointer = made(pointer_, Kind::pointer);
    Device* const keyboard = made(keyboard_, Kind::keyboard);
    return kind == Kind::keyboard ? keyboard : pointer;
}

void Server::let_devices_go_on() {
    const Time now = std::chrono::steady_clock::now();
    try {
        for (Device* const device : devices_made()) device->go_on(now);
    } catch (const std::system_error& error) {
        say_trouble(error.what());
        remove_devices();
    }
}

std::vector<Device*> Server::devices_made() const {
    std::vector<Device*> made;
    for (const auto* const one : {&keyboard_, &pointer_, &touch_})
        if (*one) made.push_back(one->get());
    return made;
}

void Server::remove_devices() {
    keyboard_.reset();
    pointer_.reset();
    touch_.reset();
    state_.forget_what_is_down();
}

void Server::say_trouble(const std::string& sentence) {
    if (std::exchange(trouble_, sentence) != sentence) log(sentence);
}

void Server::tell_manager() const {
    sd_notify(0,
              ("STATUS=" + std::to_string(clients_.size()) + (clients_.size() == 1 ? " client" : " clients"))
                  .c_str());
}

}  // namespace input
