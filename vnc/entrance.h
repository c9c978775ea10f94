#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "common/descriptor.h"
#include "vnc/bell.h"
#include "vnc/logins.h"
#include "vnc/look_state.h"
#include "vnc/stream.h"
#include "vnc/tls_identity.h"

namespace vnc {

// How a client comes in from where it cannot be taken as it is; then its bytes go to and fro between it and a
// socket on which others find a client without TLS and without a login. It has a thread of its own, which
// waits for the client. All members are for the thread that made it.
class Entrance {
  public:
    enum class Way {
        vencrypt,       // a VNC client of the network: VeNCrypt, TLS, login
        browser,        // what speaks HTTP
        browser_tls,    // what speaks HTTP, in TLS
        browser_login,  // the WebSocket of a browser that came by TLS: VeNCrypt's Plain
    };
    // How long a client, and who types its password, may take until it has logged in.
    static constexpr auto longest = std::chrono::minutes(2);

    // `identity` is of use to those with TLS alone. `bell` is rung when admitted() or has_ended() become
    // another. Throws std::system_error.
    Entrance(Way way, hvfbd::Descriptor socket, std::string address,
             std::shared_ptr<const TlsIdentity> identity, Logins& logins, const Bell& bell);
    Entrance(const Entrance&) = delete;
    Entrance& operator=(const Entrance&) = delete;
    // Ends the connection, and waits for the thread.
    ~Entrance();

    Way way() const { return way_; }
    const std::string& address() const { return address_; }
    struct Admitted {
        hvfbd::Descriptor socket;  // what the client says, and hears, as one that nothing is asked of
        std::string user, tls;     // or empty
        bool may_type = false;
    };
    // Once, after the login; a browser's connection after TLS.
    std::optional<Admitted> admitted();
    bool has_ended() const;
    // Only after it has ended.
    const std::string& end_reason() const { return end_reason_; }

  private:
    void run();
    void converse();
    void let_browser_in();
    void let_browser_in_by_tls();
    void ask_browser_for_login();
    void ask_client_for_login();
    void finish_login(class VencryptServer& protocol, Stream& stream, Time deadline, const std::string& tls);
    void serve(Stream& stream, Admitted who, std::string_view said, std::string_view unheard);

    const Way way_;
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
