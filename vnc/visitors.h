#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/descriptor.h"
#include "vnc/bell.h"
#include "vnc/entrance.h"
#include "vnc/listener.h"
#include "vnc/logins.h"
#include "vnc/occupancy.h"
#include "vnc/tls_identity.h"

namespace vnc {

// Those who are no clients yet: who has not logged in, and the connections of browsers. One thread.
class Visitors {
  public:
    // Each has a thread and a descriptor or two.
    static constexpr std::size_t most = 64;

    // All but `identity` outlive it.
    Visitors(std::shared_ptr<const TlsIdentity> identity, Logins& logins, const Bell& bell,
             Occupancy& occupancy);

    struct Manner {
        bool is_to_go_to_tls = false;
        bool needs_secret = false;
        bool may_type = false;  // without a login: a user of this machine, or who knows the secret
    };
    struct Visitor {
        std::string name;
        unsigned number = 0;
        std::unique_ptr<Entrance> entrance;
        std::unique_ptr<Entrance> carrier;  // of a browser's WebSocket: the connection in which it is
        Manner manner{};
    };
    // Where there are too many, another one gives way. Throws std::system_error.
    void let_in(Entrance::Way way, Listener::Caller caller, Manner manner, Time now);
    // The WebSocket of a browser's connection: it is asked for a login.
    void ask_for_login(Visitor browser, hvfbd::Descriptor socket);
    bool has_browser_of(const std::string& address) const;
    // Not a visitor any more. Nothing: it has gone.
    std::optional<Visitor> take(unsigned number, Time now);

    struct Step {
        Visitor* visitor;
        Entrance::Admitted admitted;
    };
    // Those who have come a step further: who has logged in, and is taken then; and connections of browsers.
    std::vector<Step> advanced();
    // Those who never will, with a line in the log.
    void remove_ended(Time now);

  private:
    void make_room(Time now);

    const std::shared_ptr<const TlsIdentity> identity_;
    Logins& logins_;
    const Bell& bell_;
    Occupancy& occupancy_;
    std::list<Visitor> visitors_;
    unsigned last_number_ = 0;
};

}  // namespace vnc
