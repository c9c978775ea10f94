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
using Wait = TlsSession::Wait;

// A socket without TLS, with the members that TlsSession has.
class Plain {
  public:
    explicit Plain(int socket) : socket_(socket) {}
    TlsSession::Result receive(std::span<std::uint8_t> into) const {
        return result_of(::recv(socket_, into.data(), into.size(), MSG_DONTWAIT), Wait::to_read);
    }
    TlsSession::Result send(Bytes bytes) const {
        return result_of(::send(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL),
                         Wait::to_write);
    }

  private:
    static TlsSession::Result result_of(ssize_t result, Wait wait) {
        if (result > 0) return {static_cast<std::size_t>(result), Wait::for_nothing, false};
        if (result == 0) return {0, Wait::for_nothing, true};
        if (errno == EAGAIN || errno == EINTR) return {0, wait, false};
        throw std::runtime_error(std::string("left: ") + ::strerror(errno));
    }

    int socket_;
};

void await(int socket, Wait wait, Time deadline) {
    const Time now = std::chrono::steady_clock::now();
    if (now >= deadline) throw std::runtime_error("did not log in in time");
    std::array<pollfd, 1> watched = {
        pollfd{socket, static_cast<short>(wait == Wait::to_read ? POLLIN : POLLOUT), 0}};
    wait_for(watched, deadline, now);
}

template <typename Stream>
void read_all(Stream& stream, int socket, std::span<std::uint8_t> into, Time deadline) {
    while (!into.empty()) {
        const auto got = stream.receive(into);
        if (got.ended) throw std::runtime_error("left before it had logged in");
        into = into.subspan(got.count);
        if (!into.empty() && got.wait != Wait::for_nothing) await(socket, got.wait, deadline);
    }
}

template <typename Stream>
void write_all(Stream& stream, int socket, Bytes bytes, Time deadline) {
    while (!bytes.empty()) {
        const auto sent = stream.send(bytes);
        bytes = bytes.subspan(sent.count);
        if (!bytes.empty()) await(socket, sent.wait, deadline);
    }
}

// As far as bytes alone lead.
template <typename Stream>
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
constexpr std::string_view without_login("RFB 003.008\n\1", 13), unheard("RFB 003.008\n\1\1\0\0\0\0", 18);

}  // namespace

Entrance::Entrance(hvfbd::Descriptor socket, std::string address, std::shared_ptr<const TlsIdentity> identity,
                   Logins& logins, const Bell& bell)
    : socket_(std::move(socket)),
      address_(std::move(address)),
      identity_(std::move(identity)),
      logins_(logins),
      bell_(bell) {
    const int on = 1;
    // Failing that it is slower.
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
    using Step = VencryptServer::Step;
    const int socket = socket_.get();
    const Time deadline = std::chrono::steady_clock::now() + longest;
    VencryptServer protocol;
    Plain plain(socket);
    proceed(protocol, plain, socket, deadline);
    if (protocol.step() == Step::end) throw std::runtime_error(protocol.problem());
    TlsSession tls(socket, identity_);
    for (Wait wait = tls.shake_hands(); wait != Wait::for_nothing; wait = tls.shake_hands())
        await(socket, wait, deadline);
    protocol.tls_is_there();
    proceed(protocol, tls, socket, deadline);
    std::string end = protocol.problem();
    const std::string user = printable(protocol.login().name());
    bool may_type = false;
    if (protocol.step() == Step::check_login) {
        const Logins::Outcome outcome = logins_.check(address_, protocol.login(), socket, deadline);
        may_type = outcome.may_type;
        protocol.answer(outcome.answer);
        proceed(protocol, tls, socket, deadline);
        end = "login of \"" + user + "\" refused";
        if (!outcome.problem.empty()) end += ": " + outcome.problem;
    }
    if (protocol.step() == Step::admitted) {
        serve(tls, user, may_type);
        return;
    }
    tls.say_goodbye();
    throw std::runtime_error(end);
}

void Entrance::serve(TlsSession& tls, const std::string& user, bool may_type) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) < 0)
        throw std::system_error(errno, std::system_category(), "make a pair of sockets");
    const hvfbd::Descriptor inner(ends[0]);
    {
        const std::lock_guard lock(mutex_);
        admitted_ = Admitted{hvfbd::Descriptor(ends[1]), user, tls.version(), may_type};
    }
    bell_.ring();
    // There is room for it: nothing else is in there.
    if (::send(inner.get(), without_login.data(), without_login.size(), MSG_NOSIGNAL) < 0) return;
    relay(tls, socket_.get(), inner.get(), unheard);
}

}  // namespace vnc
