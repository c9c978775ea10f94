#include "await_daemon.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bus.h"

namespace hvfb {

namespace {

constexpr const char* name = "org.hvfbd.Framebuffer1";

// Without starting it. 1: `daemon` has the name. 0: nobody has.
int find_owner(sd_bus* bus, int interrupt, DaemonName& daemon) {
    Error error;
    Message call, reply;
    const char* owner = nullptr;
    int result =
        sd_bus_message_new_method_call(bus, &call.object, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "GetNameOwner");
    if (result >= 0) result = sd_bus_message_append(call.object, "s", name);
    if (result >= 0) result = call_on_bus(bus, call.object, interrupt, error, reply);
    if (result < 0 && sd_bus_error_has_name(&error.error, "org.freedesktop.DBus.Error.NameHasNoOwner"))
        return 0;
    if (result >= 0) result = sd_bus_message_read(reply.object, "s", &owner);
    if (result < 0) return result;
    daemon = daemon_name(bus, owner);
    return 1;
}

}  // namespace

int await_daemon_on_bus(const OpenOptions& options, int interrupt, const DaemonName* refused,
                        Absence absence) {
    DaemonName other = refused ? *refused : DaemonName{};
    bool learn = refused && !other.known();
    Bus bus;
    if (const int result = connect_to_bus(options, bus); result < 0) return result;
    bool changed = true;
    const auto on_change = [](sd_bus_message*, void* context, sd_bus_error*) {
        *static_cast<bool*>(context) = true;
        return 0;
    };
    // Not waited for: what is asked next is answered after it.
    int result =
        sd_bus_add_match_async(bus.object, nullptr,
                               "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                               "member='NameOwnerChanged',arg0='org.hvfbd.Framebuffer1'",
                               on_change, nullptr, &changed);
    while (result >= 0) {
        if (changed) {
            changed = false;
            DaemonName daemon;
            if ((result = find_owner(bus.object, interrupt, daemon)) < 0) break;
            if (result == 0) absence.tell(absence.context);
            if (result > 0 && learn) other = daemon;
            learn = false;
            if (result > 0 && !(daemon == other)) break;
        }
        // What came while find_owner waited for its answer is in memory, and no poll sees it.
        while ((result = sd_bus_process(bus.object, nullptr)) > 0) continue;
        if (result < 0) break;
        if (changed) continue;
        result = wait_for_bus(bus.object, interrupt);
    }
    return result == -EINTR ? 0 : result;
}

}  // namespace hvfb
