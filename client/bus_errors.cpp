#include "bus_errors.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace hvfb {

int reach_bus(const OpenOptions& options, Bus& bus, Sentence& why) {
    const int result = connect_to_bus(options, bus);
    if (result >= 0) return 0;
    why.print("cannot connect to the bus %s: %s", options.bus(), hvfb_strerror(result));
    if (result == -ENOENT || result == -ECONNREFUSED)
        why.print("cannot connect to the bus %s: no bus is there", options.bus());
    // Without a bus there is no daemon on it either; ENOENT would mean that there is no such display. What
    // this process may not have is something else.
    return result == -EMFILE || result == -ENFILE || result == -ENOMEM ? result : -EHOSTUNREACH;
}

void explain_bus_error(const Error& error, int result, const char* wanted, const char* group, Sentence& why) {
    const std::string_view name = error.error.name;
    const char* const message = error.error.message && *error.error.message ? error.error.message : nullptr;
    if (name == "org.freedesktop.DBus.Error.AccessDenied") {
        // What the bus says is about its rules.
        why.print(
            "permission denied: %s needs root or group %s (sudo usermod -aG %s $USER, then log in again)",
            wanted, group, group);
    } else if (result == -EHOSTUNREACH) {
        if (name != "org.freedesktop.DBus.Error.ServiceUnknown" &&
            name != "org.freedesktop.DBus.Error.NameHasNoOwner")
            why.print("hvfbd does not run and could not be started: sudo systemctl status hvfbd%s%s%s",
                      message ? " (" : "", message ? message : "", message ? ")" : "");
    } else if (message && result != -ETIMEDOUT) {
        why.set(message);
    }
}

int errno_of_bus_error(const char* name, int otherwise) {
    struct Meaning {
        std::string_view name;
        int error;
    };
    static constexpr std::array<Meaning, 14> meanings = {{
        {"org.hvfbd.Framebuffer1.Error.InvalidArgs", EINVAL},
        {"org.hvfbd.Framebuffer1.Error.NotSupported", EOPNOTSUPP},
        {"org.hvfbd.Framebuffer1.Error.Busy", EBUSY},
        {"org.hvfbd.Framebuffer1.Error.AccessDenied", EACCES},
        {"org.hvfbd.Framebuffer1.Error.NoSuchMode", EINVAL},
        {"org.hvfbd.Framebuffer1.Error.Failed", EIO},
        {"org.freedesktop.DBus.Error.AccessDenied", EACCES},
        {"org.freedesktop.DBus.Error.UnknownObject", ENOENT},
        {"org.freedesktop.DBus.Error.ServiceUnknown", EHOSTUNREACH},
        {"org.freedesktop.DBus.Error.NameHasNoOwner", EHOSTUNREACH},
        // The bus waited too long for one that it started.
        {"org.freedesktop.DBus.Error.TimedOut", EHOSTUNREACH},
        {"org.freedesktop.DBus.Error.UnknownInterface", EPROTO},
        {"org.freedesktop.DBus.Error.UnknownMethod", EPROTO},
        {"org.freedesktop.DBus.Error.InvalidArgs", EPROTO},
    }};
    for (const Meaning& meaning : meanings)
        if (meaning.name == name) return meaning.error;
    // The bus could not start it: it is not enabled, masked, or failed.
    for (const std::string_view start : {"org.freedesktop.systemd1.", "org.freedesktop.DBus.Error.Spawn."})
        if (std::string_view(name).starts_with(start)) return EHOSTUNREACH;
    return otherwise;
}

}  // namespace hvfb
