#include "await_daemon.h"

#include <cerrno>

#include "bus.h"

namespace hvfb {

namespace {

constexpr const char* name = "org.hvfbd.Framebuffer1";

// Without starting it.
int has_owner(sd_bus* bus, int interrupt) {
    Error error;
    Message call, reply;
    int owned = 0;
    int result =
        sd_bus_message_new_method_call(bus, &call.object, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "NameHasOwner");
    if (result >= 0) result = sd_bus_message_append(call.object, "s", name);
    if (result >= 0) result = call_on_bus(bus, call.object, interrupt, error, reply);
    if (result >= 0) result = sd_bus_message_read(reply.object, "b", &owned);
    return result < 0 ? result : owned;
}

}  // namespace

int await_daemon_on_bus(const OpenOptions& options, int interrupt) {
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
            if ((result = has_owner(bus.object, interrupt)) != 0) break;
        }
        // What came while has_owner waited for its answer is in memory, and no poll sees it.
        while ((result = sd_bus_process(bus.object, nullptr)) > 0) continue;
        if (result < 0) break;
        if (changed) continue;
        result = wait_for_bus(bus.object, interrupt);
    }
    return result == -EINTR ? 0 : result;
}

}  // namespace hvfb
