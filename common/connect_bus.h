#pragma once

#include <systemd/sd-bus.h>

#include <cstdlib>
#include <string>

namespace hvfbd {

// What was given, else the variable of the environment, else `otherwise`: the choice that libhvfb makes of a
// bus and a display (OpenOptions::set() and address_of_bus() in client/options.cpp).
inline std::string given_or(const std::string& given, const char* variable, const char* otherwise) {
    if (!given.empty()) return given;
    const char* const environment = ::secure_getenv(variable);
    return environment != nullptr && *environment != '\0' ? environment : otherwise;
}

// A connection to the bus of this name: system (or nothing), session, or an address. It need not be up yet.
// A negative errno where there is none. `*bus` is the caller's to unref in either case.
inline int connect_bus(sd_bus** bus, const std::string& name) {
    if (name.empty() || name == "system") return sd_bus_open_system(bus);
    if (name == "session") return sd_bus_open_user(bus);
    int result = sd_bus_new(bus);
    if (result >= 0) result = sd_bus_set_address(*bus, name.c_str());
    if (result >= 0) result = sd_bus_set_bus_client(*bus, 1);
    return result >= 0 ? sd_bus_start(*bus) : result;
}

}  // namespace hvfbd
