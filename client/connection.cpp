#include "connection.h"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "bus.h"
#include "bus_errors.h"
#include "start_watch.h"

namespace hvfb {

namespace {

constexpr const char* service = "org.hvfbd.Framebuffer1";
constexpr const char* display_interface = "org.hvfbd.Framebuffer1.Display";

// The form in which it is answered.
int append_layout(sd_bus_message* call, const Layout& layout) {
    return sd_bus_message_append(call, "{sv}", "layout", "a{sv}", 5, "width", "u", layout.width, "height",
                                 "u", layout.height, "stride", "u", layout.stride, "format", "u",
                                 layout.format, "size", "t", layout.size);
}

int append_surface_options(sd_bus_message* call, const OpenOptions& options) {
    int result = sd_bus_message_append(call, "{sv}", "name", "s", options.name());
    if (result >= 0)
        result = sd_bus_message_append(call, "{sv}", "tracking", "s", options.untracked() ? "none" : "auto");
    if (result >= 0 && options.keep()) result = sd_bus_message_append(call, "{sv}", "keep", "b", 1);
    if (result >= 0 && options.background())
        result = sd_bus_message_append(call, "{sv}", "layer", "s", "background");
    return result;
}

int read_layout(sd_bus_message* reply, Layout& layout) {
    int result = sd_bus_message_enter_container(reply, 'a', "{sv}");
    while (result >= 0 && (result = sd_bus_message_enter_container(reply, 'e', "sv")) > 0) {
        const char* key = nullptr;
        result = sd_bus_message_read(reply, "s", &key);
        if (result < 0) break;
        struct Member {
            const char* key;
            std::uint32_t* value;
        };
        const std::array<Member, 4> members = {{{"width", &layout.width},
                                                {"height", &layout.height},
                                                {"stride", &layout.stride},
                                                {"format", &layout.format}}};
        const Member* known = nullptr;
        for (const Member& member : members)
            if (std::strcmp(member.key, key) == 0) known = &member;
        if (known)
            result = sd_bus_message_read(reply, "v", "u", known->value);
        else if (std::strcmp(key, "size") == 0)
            result = sd_bus_message_read(reply, "v", "t", &layout.size);
        else
            result = sd_bus_message_skip(reply, "v");
        if (result >= 0) result = sd_bus_message_exit_container(reply);
    }
    return result >= 0 ? sd_bus_message_exit_container(reply) : result;
}

// The message owns its descriptors: these are duplicates.
int read_descriptor(sd_bus_message* reply, Descriptor& descriptor) {
    int fd = -1;
    if (const int result = sd_bus_message_read(reply, "h", &fd); result < 0) return result;
    descriptor = Descriptor(fcntl(fd, F_DUPFD_CLOEXEC, 3));
    return descriptor ? 0 : -errno;
}

int read_opened(sd_bus_message* reply, Opened& opened) {
    const char* object = nullptr;
    if (sd_bus_message_has_signature(reply, "ohha{sv}") <= 0) return -EPROTO;
    int result = sd_bus_message_read(reply, "o", &object);
    if (result >= 0) result = read_descriptor(reply, opened.buffer);
    if (result >= 0) result = read_descriptor(reply, opened.channel);
    if (result < 0) return result;
    opened.layout = {};
    return read_layout(reply, opened.layout) < 0 ? -EPROTO : 0;
}

// The daemon that sent this; null where it is not known, as the bus answers for it.
const char* answerer(sd_bus_message* reply) {
    const char* sender = sd_bus_message_get_sender(reply);
    return sender && *sender == ':' ? sender : nullptr;
}

int open_on_bus(const OpenOptions& options, bool surface, int interrupt, Opened& opened) {
    Bus bus;
    Message call, reply;
    Error error;
    if (const int connected = reach_bus(options, bus, opened.why); connected < 0) return connected;
    std::array<char, 256> path;
    const int length =
        std::snprintf(path.data(), path.size(), "/org/hvfbd/Framebuffer1/%s", options.display());
    if (length < 0 || static_cast<std::size_t>(length) >= path.size()) {
        opened.why.print("hvfbd has no display of so long a name: hvfbctl displays lists them");
        return -ENOENT;
    }
    const char* method = surface ? "OpenSurface" : "OpenViewer";
    int result = sd_bus_message_new_method_call(bus.object, &call.object, service, path.data(),
                                                display_interface, method);
    // A viewer takes no screen.
    const bool may_start = surface && options.may_start();
    if (result >= 0) result = sd_bus_message_set_auto_start(call.object, may_start);
    if (result >= 0) result = sd_bus_message_open_container(call.object, 'a', "{sv}");
    if (result >= 0 && surface) result = append_surface_options(call.object, options);
    if (result >= 0 && opened.layout.width > 0) result = append_layout(call.object, opened.layout);
    if (result >= 0) result = sd_bus_message_close_container(call.object);
    if (result < 0) return result;
    result = expect_answer_of_daemon(bus.object, interrupt);
    if (result < 0) return result;
    StartWatch starting(bus.object);
    result = call_on_bus(bus.object, call.object, interrupt, error, reply, may_start ? &starting : nullptr);
    if (reply.object) opened.daemon = daemon_name(bus.object, answerer(reply.object));
    if (result >= 0) return read_opened(reply.object, opened);
    if (!error.error.name) {
        if (may_start && result == -EHOSTUNREACH)
            opened.why.print("hvfbd did not start, or ended before it answered: hvfbctl status says why");
        return result;
    }
    // What systemd finds wrong with the unit has any name: "File exists" where it is masked.
    const bool start_refused = may_start && !opened.daemon.known() && result != -ETIMEDOUT &&
                               result != -ENOBUFS && result != -ENOMEM;
    result = -errno_of_bus_error(error.error.name, start_refused ? EHOSTUNREACH : -result);
    explain_bus_error(error, result, surface ? "drawing" : "viewing", surface ? "video" : "hvfbd-view",
                      opened.why);
    // The daemon says so of an object, and its path is not what the program knows.
    if (result == -ENOENT)
        opened.why.print("hvfbd has no display %s: hvfbctl displays lists them", options.display());
    return result;
}

}  // namespace

int open_surface_on_bus(const OpenOptions& options, int interrupt, Opened& opened) {
    const int result = open_on_bus(options, true, interrupt, opened);
    if (result != -EINVAL || opened.layout.width == 0) return result;
    // A daemon that does not know the option.
    opened.layout = {};
    return open_on_bus(options, true, interrupt, opened);
}

int open_viewer_on_bus(const OpenOptions& options, int interrupt, Opened& opened) {
    return open_on_bus(options, false, interrupt, opened);
}

}  // namespace hvfb
