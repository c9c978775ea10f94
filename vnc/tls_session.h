#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "vnc/stream.h"
#include "vnc/tls_identity.h"

struct gnutls_session_int;

namespace vnc {

// TLS 1.2 or 1.3 on a socket that does not block, as the server. It is one thread's.
class TlsSession : public Stream {
  public:
    // `socket` stays the caller's. Throws std::runtime_error.
    TlsSession(int socket, std::shared_ptr<const TlsIdentity> identity);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;
    ~TlsSession() override;

    // Until the handshake is done it has something to wait for. Throws std::runtime_error.
    Wait shake_hands();
    Result receive(std::span<std::uint8_t> into) override;
    Result send(std::span<const std::uint8_t> bytes) override;
    void say_goodbye() override;
    // "TLS 1.3"
    std::string version() const;

  private:
    Wait waits() const;

    std::shared_ptr<const TlsIdentity> identity_;
    gnutls_session_int* session_ = nullptr;
};

}  // namespace vnc
