#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "vnc/tls_identity.h"

struct gnutls_session_int;

namespace vnc {

// TLS 1.2 or 1.3 on a socket that does not block, as the server. It is one thread's.
class TlsSession {
  public:
    // What a call came to, where it did not do all.
    enum class Wait { for_nothing, to_read, to_write };
    struct Result {
        std::size_t count = 0;  // bytes
        Wait wait = Wait::for_nothing;
        bool ended = false;  // in good order
    };

    // `socket` stays the caller's. Throws std::runtime_error.
    TlsSession(int socket, std::shared_ptr<const TlsIdentity> identity);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;
    ~TlsSession();

    // All throw std::runtime_error where the connection is of no use any more. Until the handshake is done it
    // has something to wait for.
    Wait shake_hands();
    Result receive(std::span<std::uint8_t> into);
    // After a wait it is called with the same bytes.
    Result send(std::span<const std::uint8_t> bytes);
    // Says that nothing follows, if there is room for it.
    void say_goodbye();
    // "TLS 1.3"
    std::string version() const;

  private:
    Wait waits() const;

    std::shared_ptr<const TlsIdentity> identity_;
    gnutls_session_int* session_ = nullptr;
};

}  // namespace vnc
