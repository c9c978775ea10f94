#include "vnc/entrance.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <exception>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "vnc/login_message.h"
#include "vnc/relay.h"
#include "vnc/tls_session.h"
#include "vnc/vencrypt.h"
#include "vnc/wait.h"

namespace vnc {

namespace {

using Bytes = std::span<const std::uint8_t>;
using Wait = Stream::Wait;

void await(int socket, Wait wait, Time deadline) {
    const Time now = std::chrono::steady_clock::now();
    if (now >= deadline) throw std::runtime_error("did not log in in time");
    std::array<pollfd, 1> watched = {
        pollfd{socket, static_cast<short>(wait == Wait::to_read ? POLLIN : POLLOUT), 0}};
    wait_for(watched, deadline, now);
}

void read_all(Stream& stream, int socket, std::span<std::uint8_t> into, Time deadline) {
    while (!into.empty()) {
        const auto got = stream.receive(into);
        if (got.ended) throw std::runtime_error("left before it had logged in");
        into = into.subspan(got.count);
        if (!into.empty() && got.wait != Wait::for_nothing) await(socket, got.wait, deadline);
    }
}

void write_all(Stream& stream, int socket, Bytes bytes, Time deadline) {
    while (!bytes.empty()) {
        const auto sent = stream.send(bytes);
        bytes = bytes.subspan(sent.count);
        if (!bytes.empty()) await(socket, sent.wait, deadline);
    }
}

// As far as bytes alone lead.
void proceed(VencryptServer& protocol, Stream& stream, int socket, Time deadline) {
    for (;;) {
        write_all(stream, socket, protocol.take_output(), deadline);
        if (protocol.step() != VencryptServer::Step::read) return;
        std::vector<std::uint8_t> bytes(protocol.wanted());
        read_all(stream, socket, bytes, deadline);
        protocol.take(bytes);
        // There may be a password in it.
        ::explicit_bzero(bytes.data(), bytes.size());
    }
}

// What is said to the server, and heard of it, up to where the client's ClientInit comes: as a client that
// nothing is asked of.
constexpr std::string_view without_login("RFB 003.008\n\1", 13),
    unheard_login("RFB 003.008\n\1\1\0\0\0\0", 18);

// Nobody types anything meanwhile.
constexpr auto longest_handshake = std::chrono::seconds(20);

void shake_hands(TlsSession& tls, int socket, Time deadline) {
    for (Wait wait = tls.shake_hands(); wait != Wait::for_nothing; wait = tls.shake_hands())
        await(socket, wait, deadline);
}

}  // namespace

Entrance::Entrance(Way way, hvfbd::Descriptor socket, std::string address,
                   std::shared_ptr<const TlsIdentity> identity, Logins& logins, const Bell& bell)
    : way_(way),
      socket_(std::move(socket)),
      address_(std::move(address)),
      identity_(std::move(identity)),
      logins_(logins),
      bell_(bell) {
    const int on = 1;
    // Failing that it is slower. One of this machine knows no such thing.
    (void)::setsockopt(socket_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    thread_ = std::thread([this] { run(); });
}

Entrance::~Entrance() {
    // Whatever the thread waits for, it waits for this as well.
    ::shutdown(socket_.get(), SHUT_RDWR);
    thread_.join();
}

std::optional<Entrance::Admitted> Entrance::admitted() {
    const std::lock_guard lock(mutex_);
    return std::exchange(admitted_, std::nullopt);
}

bool Entrance::has_ended() const {
    const std::lock_guard lock(mutex_);
    return ended_;
}

void Entrance::run() {
    try {
        converse();
    } catch (const std::exception& error) {
        end_reason_ = error.what();
    }
    ::shutdown(socket_.get(), SHUT_RDWR);
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    bell_.ring();
}

void Entrance::converse() {
    switch (way_) {
        case Way::vencrypt:
            return ask_client_for_login();
        case Way::browser:
            return let_browser_in();
        case Way::browser_tls:
            return let_browser_in_by_tls();
        case Way::browser_login:
            return ask_browser_for_login();
    }
}

void Entrance::let_browser_in() {
    PlainStream plain(socket_.get());
    serve(plain, {}, {}, {});
}

void Entrance::let_browser_in_by_tls() {
    TlsSession tls(socket_.get(), identity_);
    shake_hands(tls, socket_.get(), std::chrono::steady_clock::now() + longest_handshake);
    serve(tls, {{}, {}, tls.version()}, {}, {});
}

void Entrance::ask_browser_for_login() {
    const Time deadline = std::chrono::steady_clock::now() + longest;
    VencryptServer protocol(VencryptServer::Subtype::plain);
    PlainStream plain(socket_.get());
    proceed(protocol, plain, socket_.get(), deadline);
    finish_login(protocol, plain, deadline, {});
}

void Entrance::ask_client_for_login() {
    const int socket = socket_.get();
    const Time deadline = std::chrono::steady_clock::now() + longest;
    VencryptServer protocol;
    PlainStream plain(socket);
    proceed(protocol, plain, socket, deadline);
    if (protocol.step() == VencryptServer::Step::end) throw std::runtime_error(protocol.problem());
    TlsSession tls(socket, identity_);
    shake_hands(tls, socket, deadline);
    protocol.tls_is_there();
    proceed(protocol, tls, socket, deadline);
    finish_login(protocol, tls, deadline, tls.version());
}

void Entrance::finish_login(VencryptServer& protocol, Stream& stream, Time deadline, const std::string& tls) {
    using Step = VencryptServer::Step;
    std::string end = protocol.problem();
    const std::string user = printable(protocol.login().name());
    bool may_type = false;
    if (protocol.step() == Step::check_login) {
        const Logins::Outcome outcome = logins_.check(address_, protocol.login(), socket_.get(), deadline);
        may_type = outcome.may_type;
        protocol.answer(outcome.answer);
        proceed(protocol, stream, socket_.get(), deadline);
        end = "login of \"" + user + "\" refused";
        if (!outcome.problem.empty()) end += ": " + outcome.problem;
    }
    if (protocol.step() == Step::admitted) {
        serve(stream, {{}, user, tls, may_type}, without_login, unheard_login);
        return;
    }
    stream.say_goodbye();
    throw std::runtime_error(end);
}

// `said` is said for the client, and what is `unheard` is what is answered to that.
void Entrance::serve(Stream& stream, Admitted who, std::string_view said, std::string_view unheard) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) < 0)
        throw std::system_error(errno, std::system_category(), "make a pair of sockets");
    const hvfbd::Descriptor inner(ends[0]);
    {
        const std::lock_guard lock(mutex_);
        who.socket = hvfbd::Descriptor(ends[1]);
        admitted_ = std::move(who);
    }
    bell_.ring();
    // There is room for it: nothing else is in there.
    if (!said.empty() && ::send(inner.get(), said.data(), said.size(), MSG_NOSIGNAL) < 0) return;
    relay(stream, socket_.get(), inner.get(), unheard);
}

}  // namespace vnc
