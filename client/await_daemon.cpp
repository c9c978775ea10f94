#include "await_daemon.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "bus.h"

namespace hvfb {

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
            if ((result = find_daemon(bus.object, interrupt, daemon)) < 0) break;
            if (result == 0) absence.tell(absence.context);
            if (result > 0 && learn) other = daemon;
            learn = false;
            if (result > 0 && !(daemon == other)) break;
        }
        // What came while find_daemon waited for its answer is in memory, and no poll sees it.
        while ((result = sd_bus_process(bus.object, nullptr)) > 0) continue;
        if (result < 0) break;
        if (changed) continue;
        result = wait_for_bus(bus.object, interrupt);
    }
    return result == -EINTR ? 0 : result;
}

}  // namespace hvfb
