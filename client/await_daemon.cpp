#include "await_daemon.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>

#include "bus.h"
#include "monotonic.h"

namespace hvfb {

namespace {

constexpr const char* name = "org.hvfbd.Framebuffer1";

// Without starting it.
int has_owner(sd_bus* bus) {
    Error error;
    Message reply;
    int owned = 0;
    int result =
        sd_bus_call_method(bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                           "NameHasOwner", &error.error, &reply.object, "s", name);
    if (result >= 0) result = sd_bus_message_read(reply.object, "b", &owned);
    return result < 0 ? result : owned;
}

int wait(sd_bus* bus, int interrupt) {
    std::uint64_t until = UINT64_MAX;
    if (const int result = sd_bus_get_timeout(bus, &until); result < 0) return result;
    int timeout = -1;
    if (until != UINT64_MAX) {
        const std::uint64_t now = monotonic_now() / 1000;
        timeout =
            static_cast<int>(std::min<std::uint64_t>(until > now ? (until - now) / 1000 + 1 : 0, INT_MAX));
    }
    std::array<pollfd, 2> descriptors = {
        {{.fd = interrupt, .events = POLLIN, .revents = 0},
         {.fd = sd_bus_get_fd(bus), .events = static_cast<short>(sd_bus_get_events(bus)), .revents = 0}}};
    if (poll(descriptors.data(), descriptors.size(), timeout) < 0 && errno != EINTR) return -errno;
    return descriptors[0].revents ? 1 : 0;
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
    int result =
        sd_bus_add_match(bus.object, nullptr,
                         "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',"
                         "member='NameOwnerChanged',arg0='org.hvfbd.Framebuffer1'",
                         on_change, &changed);
    while (result >= 0) {
        if (changed) {
            changed = false;
            result = has_owner(bus.object);
            if (result != 0) break;
        }
        // What came while has_owner waited for its answer is in memory, and no poll sees it.
        while ((result = sd_bus_process(bus.object, nullptr)) > 0) continue;
        if (result < 0) break;
        if (changed) continue;
        if ((result = wait(bus.object, interrupt)) != 0) return result > 0 ? 0 : result;
    }
    return result;
}

}  // namespace hvfb
