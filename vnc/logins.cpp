#include "vnc/logins.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "common/descriptor.h"
#include "vnc/login_message.h"
#include "vnc/wait.h"

namespace vnc {

namespace {

// However quickly it was found: that says nothing of whether there is such a user.
constexpr auto time_of_a_refusal = std::chrono::seconds(2);

Time now() {
    return std::chrono::steady_clock::now();
}

// Until `other` is readable, where there is one, or until `at`.
void wait_unless_hung_up(int client, int other, Time at) {
    for (Time time = now(); time < at; time = now()) {
        std::array<pollfd, 2> watched = {pollfd{client, POLLRDHUP, 0}, pollfd{other, POLLIN, 0}};
        wait_for(watched, at, time);
        if (watched[0].revents != 0) throw std::runtime_error("left while its login was checked");
        if (watched[1].revents != 0) return;
    }
}

Logins::Outcome unavailable(const std::string& path, const std::string& why) {
    return {VencryptServer::Answer::unavailable, "ask " + path + " whether a login is right: " + why, false};
}

}  // namespace

Logins::Outcome Logins::ask(const std::string& address, const Login& login, int client, Time deadline) const {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (path_.size() >= sizeof to.sun_path) return unavailable(path_, ::strerror(ENAMETOOLONG));
    std::memcpy(to.sun_path, path_.c_str(), path_.size() + 1);
    const hvfbd::Descriptor socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) < 0)
        return unavailable(
            path_, std::string(::strerror(errno)) + ": \"systemctl start hvfb-vnc-auth.socket\" makes it");
    auto message = login_message(address, login);
    if (!message) return {VencryptServer::Answer::no, {}, false};
    const ssize_t sent = ::send(socket.get(), message->data(), message->size(), MSG_NOSIGNAL);
    ::explicit_bzero(message->data(), message->size());
    if (sent < 0) return unavailable(path_, ::strerror(errno));
    wait_unless_hung_up(client, socket.get(), deadline);
    std::uint8_t answer = login_unavailable;
    const ssize_t got = ::recv(socket.get(), &answer, 1, 0);
    if (got < 0) return unavailable(path_, errno == EAGAIN ? "no answer in time" : ::strerror(errno));
    if (got == 1 && (answer == login_to_look || answer == login_to_type))
        return {VencryptServer::Answer::yes, {}, answer == login_to_type};
    if (got == 1 && answer == login_refused) return {VencryptServer::Answer::no, {}, false};
    return unavailable(path_, "no answer: see journalctl -t hvfb-vnc-auth");
}

Logins::Outcome Logins::check(const std::string& address, const Login& login, int client, Time deadline) {
    const std::string source = source_of(address);
    Time turn{};
    {
        const std::lock_guard lock(mutex_);
        turn = throttle_.reserve(source, now(), deadline);
    }
    if (turn > deadline) throw std::runtime_error("had its login refused: too many from there");
    wait_unless_hung_up(client, -1, turn);
    const Time began = now();
    // Who does not wait for the answer has failed: otherwise a no would cost nothing.
    struct Failure {
        Logins& logins;
        const std::string& source;
        bool is_one = true;
        ~Failure() {
            const std::lock_guard lock(logins.mutex_);
            if (is_one)
                logins.throttle_.failed(source, now());
            else
                logins.throttle_.succeeded(source);
        }
    };
    Outcome outcome;
    {
        Failure failure{*this, source};
        outcome = ask(address, login, client, deadline);
        failure.is_one = outcome.answer != VencryptServer::Answer::yes;
    }
    if (outcome.answer != VencryptServer::Answer::yes)
        wait_unless_hung_up(client, -1, began + time_of_a_refusal);
    return outcome;
}

}  // namespace vnc
