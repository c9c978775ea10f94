#pragma once

#include <sdbus-c++/sdbus-c++.h>

#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "control/authority.h"
#include "surfaces/client.h"

namespace hvfbd {

// Somebody who called a method.
struct Caller {
    Credentials credentials;
    Client client;
};

// Finds out who a caller is without waiting for the answer.
class Callers {
  public:
    using Known = std::function<void(Caller)>;
    using Unknown = std::function<void(const Refusal&)>;

    explicit Callers(sdbus::IConnection& connection);

    // Asks the bus for the caller's process and user, and takes hold of the process. Asked twice: between the
    // first answer and pidfd_open the process could have ended and its number could have gone to another. If
    // the name still belongs to that number after the open, the process that holds it is the one that was
    // opened.
    void identify(const std::string& bus_name, Known known, Unknown unknown);

  private:
    void ask(const std::string& bus_name, std::function<void(uid_t, pid_t)> answer, Unknown unknown);

    std::unique_ptr<sdbus::IProxy> bus_;
};

// The groups of this name that the user database knows: one or none.
std::vector<gid_t> groups_named(const std::string& name);

}  // namespace hvfbd
