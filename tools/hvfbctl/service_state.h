#pragma once

#include <sdbus-c++/IConnection.h>

#include <optional>
#include <string>

namespace hvfbctl {

// Why the service does not run although nobody has stopped it, and the command that mends it or says more.
struct ServiceProblem {
    std::string sentence, mend;
};

// Asks systemd about hvfbd.service, and starts nothing. None: it was not started, or there is no systemd on
// this bus, or it does not answer within a second.
std::optional<ServiceProblem> problem_of_service(sdbus::IConnection& connection);

}  // namespace hvfbctl
