#include "vnc/tls_session.h"

#include <gnutls/gnutls.h>

#include <new>
#include <stdexcept>
#include <utility>

namespace vnc {

namespace {

// What the machine's administrator forbade stays forbidden; beyond that nothing before TLS 1.2. Without a
// certificate, or with the server's forgotten, there is no connection.
constexpr const char* no_more_than =
    "-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-ANON-ECDH:-ANON-DH:-PSK:-RSA:%SERVER_PRECEDENCE";

bool is_to_be_tried_again(ssize_t result) {
    return result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED;
}

[[noreturn]] void fail(const char* what, ssize_t result) {
    throw std::runtime_error(std::string(what) + ": " + ::gnutls_strerror(static_cast<int>(result)));
}

}  // namespace

TlsSession::TlsSession(int socket, std::shared_ptr<const TlsIdentity> identity)
    : identity_(std::move(identity)) {
    // Nothing is taken up again: that would be a secret to keep, for a connection that stays.
    if (::gnutls_init(&session_, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL) < 0)
        throw std::bad_alloc();
    int result = ::gnutls_set_default_priority_append(session_, no_more_than, nullptr, 0);
    if (result >= 0)
        result = ::gnutls_credentials_set(session_, GNUTLS_CRD_CERTIFICATE, identity_->credentials());
    if (result < 0) {
        ::gnutls_deinit(session_);
        fail("begin TLS", result);
    }
    ::gnutls_certificate_server_set_request(session_, GNUTLS_CERT_IGNORE);
    // The deadline is the caller's.
    ::gnutls_handshake_set_timeout(session_, 0);
    ::gnutls_transport_set_int(session_, socket);
}

TlsSession::~TlsSession() {
    ::gnutls_deinit(session_);
}

TlsSession::Wait TlsSession::waits() const {
    return ::gnutls_record_get_direction(session_) == 0 ? Wait::to_read : Wait::to_write;
}

TlsSession::Wait TlsSession::shake_hands() {
    const int result = ::gnutls_handshake(session_);
    if (result >= 0) return Wait::for_nothing;
    // Warnings too are followed by something.
    if (::gnutls_error_is_fatal(result) != 0) fail("no TLS came about", result);
    return waits();
}

TlsSession::Result TlsSession::receive(std::span<std::uint8_t> into) {
    const ssize_t result = ::gnutls_record_recv(session_, into.data(), into.size());
    if (result > 0) return {static_cast<std::size_t>(result), Wait::for_nothing, false};
    if (result == 0) return {0, Wait::for_nothing, true};
    if (is_to_be_tried_again(result)) return {0, waits(), false};
    // Many a viewer just closes the socket. What RFB says has lengths of its own, so that nothing is cut off
    // unnoticed.
    if (result == GNUTLS_E_PREMATURE_TERMINATION) return {0, Wait::for_nothing, true};
    // Of the things that are no error, none is of use to a viewer: a new handshake, above all.
    fail("TLS broke", result);
}

TlsSession::Result TlsSession::send(std::span<const std::uint8_t> bytes) {
    const ssize_t result = ::gnutls_record_send(session_, bytes.data(), bytes.size());
    if (result >= 0) return {static_cast<std::size_t>(result), Wait::for_nothing, false};
    if (is_to_be_tried_again(result)) return {0, waits(), false};
    fail("TLS broke", result);
}

void TlsSession::say_goodbye() {
    (void)::gnutls_bye(session_, GNUTLS_SHUT_WR);
}

std::string TlsSession::version() const {
    std::string name = ::gnutls_protocol_get_name(::gnutls_protocol_get_version(session_));
    // "TLS1.3"
    constexpr std::size_t letters = 3;
    if (name.size() > letters) name.insert(letters, " ");
    return name;
}

}  // namespace vnc
