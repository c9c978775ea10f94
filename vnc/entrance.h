#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/descriptor.h"
#include "vnc/bell.h"
#include "vnc/logins.h"
#include "vnc/look_state.h"
#include "vnc/tls_identity.h"

namespace vnc {

// How a client of the network comes in: VeNCrypt, TLS and a login; then its bytes go to and fro between TLS
// and a socket on which the server finds a client without any of these. It has a thread of its own, which
// waits for the client. All members are for the thread that made it.
class Entrance {
  public:
    // How long a client, and who types its password, may take until it has logged in.
    static constexpr auto longest = std::chrono::minutes(2);

    // `bell` is rung when admitted() or has_ended() become another. Throws std::system_error.
    Entrance(hvfbd::Descriptor socket, std::string address, std::shared_ptr<const TlsIdentity> identity,
             Logins& logins, const Bell& bell);
    Entrance(const Entrance&) = delete;
    Entrance& operator=(const Entrance&) = delete;
    // Ends the connection, and waits for the thread.
    ~Entrance();

    const std::string& address() const { return address_; }
    struct Admitted {
        hvfbd::Descriptor socket;  // what the client says, and hears, as one that nothing is asked of
        std::string user, tls;
        bool may_type;
    };
    // Once, after the login.
    std::optional<Admitted> admitted();
    bool has_ended() const;
    // Only after it has ended.
    const std::string& end_reason() const { return end_reason_; }

  private:
    void run();
    void converse();
    void serve(class TlsSession& tls, const std::string& user, bool may_type);

    const hvfbd::Descriptor socket_;
    const std::string address_;
    const std::shared_ptr<const TlsIdentity> identity_;
    Logins& logins_;
    const Bell& bell_;
    mutable std::mutex mutex_;
    // Of both threads.
    std::optional<Admitted> admitted_;
    bool ended_ = false;
    // Of the thread, until it has ended.
    std::string end_reason_ = "left";
    std::thread thread_;
};

}  // namespace vnc
