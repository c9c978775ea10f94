#pragma once

#include <sdbus-c++/IConnection.h>

#include <optional>
#include <string>

namespace hvfbctl {

// Why the service does not run although nobody has stopped it, and the command that mends it or says more.
struct ServiceProblem {
    std::string sentence, mend;
};

// A unit as systemd has it: "loaded", "not-found", "masked"; "active", "inactive", "failed".
struct UnitState {
    std::string loaded, active;
};

// None: there is no systemd on this bus, or it does not answer within a second. Starts nothing.
std::optional<UnitState> state_of_unit(sdbus::IConnection& connection, const std::string& name);

// What a service that runs says of itself (STATUS= of sd_notify(3)). Empty: nothing, or it does not run, or
// as above. Starts nothing.
std::string status_of_service(sdbus::IConnection& connection, const std::string& name);

// Asks systemd about hvfbd.service, and starts nothing. None: it was not started, or there is no systemd on
// this bus, or it does not answer within a second.
std::optional<ServiceProblem> problem_of_service(sdbus::IConnection& connection);

}  // namespace hvfbctl
