#include "bus.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstring>

#include "monotonic.h"
#include "start_watch.h"

namespace hvfb {

Bus::~Bus() {
    // A bus that hung up has had its descriptor closed already, by libsystemd.
    if (fd_ < 0 || sd_bus_get_fd(object) < 0 || socket_.is(fd_)) sd_bus_close_unref(object);
}

void Bus::remember() {
    fd_ = sd_bus_get_fd(object);
    socket_.copy(FileIdentity(fd_));
}

namespace {

// Microseconds. A daemon that runs answers within milliseconds, and ends where it is stuck for ten seconds.
constexpr std::uint64_t longest_answer = 5'000'000;

int start_bus(const OpenOptions& options, Bus& bus) {
    const char* address = options.bus();
    // A bus of the library's own: the program's default bus of this thread is not to be disturbed.
    if (std::strcmp(address, "session") == 0) return sd_bus_open_user(&bus.object);
    int result = sd_bus_new(&bus.object);
    if (result >= 0) result = sd_bus_set_address(bus.object, address);
    if (result >= 0) result = sd_bus_set_bus_client(bus.object, 1);
    if (result >= 0) result = sd_bus_negotiate_fds(bus.object, 1);
    if (result >= 0) result = sd_bus_start(bus.object);
    return result;
}

}  // namespace

int connect_to_bus(const OpenOptions& options, Bus& bus) {
    const int result = start_bus(options, bus);
    if (result >= 0) bus.remember();
    return result;
}

DaemonName daemon_name(sd_bus* bus, const char* owner) {
    DaemonName name;
    sd_id128_t id;
    if (!owner || std::strlen(owner) >= name.owner.size()) return name;
    std::memcpy(name.owner.data(), owner, std::strlen(owner));
    static_assert(sizeof id == sizeof name.bus);
    if (sd_bus_get_bus_id(bus, &id) >= 0) std::memcpy(name.bus.data(), &id, sizeof id);
    return name;
}

int wait_for_bus(sd_bus* bus, int interrupt, Nanoseconds latest) {
    std::uint64_t until = UINT64_MAX;
    if (const int result = sd_bus_get_timeout(bus, &until); result < 0) return result;
    if (latest != UINT64_MAX) until = std::min<std::uint64_t>(until, latest / 1000);
    int timeout = -1;
    if (until != UINT64_MAX) {
        const std::uint64_t now = monotonic_now() / 1000;
        timeout =
            static_cast<int>(std::min<std::uint64_t>(until > now ? (until - now) / 1000 + 1 : 0, INT_MAX));
    }
    const int events = sd_bus_get_events(bus);
    if (events < 0) return events;
    const int fd = sd_bus_get_fd(bus);
    const FileIdentity socket(fd);
    std::array<pollfd, 2> descriptors = {{{.fd = interrupt, .events = POLLIN, .revents = 0},
                                          {.fd = fd, .events = static_cast<short>(events), .revents = 0}}};
    // A signal that the program handles ends the poll, and nothing else.
    if (poll(descriptors.data(), descriptors.size(), timeout) < 0 && errno != EINTR) return -errno;
    if (!socket.is(fd)) return -EBADF;
    return descriptors[0].revents ? -EINTR : 0;
}

int call_on_bus(sd_bus* bus, sd_bus_message* call, int interrupt, Error& error, Message& reply,
                StartWatch* starting) {
    const auto keep = [](sd_bus_message* message, void* context, sd_bus_error*) {
        static_cast<Message*>(context)->object = sd_bus_message_ref(message);
        return 1;
    };
    std::uint64_t longest = 0;  // microseconds
    (void)sd_bus_get_method_call_timeout(bus, &longest);
    const Nanoseconds began = monotonic_now();
    // Given back before the reply is: nobody writes into it afterwards.
    Slot slot;
    int result = sd_bus_call_async(bus, &slot.object, call, keep, &reply, 0);
    while (result >= 0 && !reply.object) {
        result = sd_bus_process(bus, nullptr);
        if (result == 0 && starting) result = starting->look();
        if (result == 0) result = wait_for_bus(bus, interrupt, starting ? starting->next() : UINT64_MAX);
    }
    if (result < 0) return result;
    if (!sd_bus_message_is_method_error(reply.object, nullptr)) return 0;
    // What libsystemd answers itself where the bus has gone is no answer.
    if (sd_bus_is_open(bus) <= 0) return -ECONNRESET;
    // The same name means that it takes too long, which libsystemd says, and that it ended, which the bus
    // says.
    if (sd_bus_message_is_method_error(reply.object, "org.freedesktop.DBus.Error.NoReply") &&
        monotonic_now() - began < longest * 1000)
        return -EHOSTUNREACH;
    result = sd_bus_error_copy(&error.error, sd_bus_message_get_error(reply.object));
    return result < 0 ? result : -EIO;
}

int find_daemon(sd_bus* bus, int interrupt, DaemonName& daemon) {
    Error error;
    Message call, reply;
    const char* owner = nullptr;
    int result =
        sd_bus_message_new_method_call(bus, &call.object, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                       "org.freedesktop.DBus", "GetNameOwner");
    if (result >= 0) result = sd_bus_message_append(call.object, "s", "org.hvfbd.Framebuffer1");
    if (result >= 0) result = call_on_bus(bus, call.object, interrupt, error, reply);
    if (result < 0 && sd_bus_error_has_name(&error.error, "org.freedesktop.DBus.Error.NameHasNoOwner"))
        return 0;
    if (result >= 0) result = sd_bus_message_read(reply.object, "s", &owner);
    if (result < 0) return result;
    daemon = daemon_name(bus, owner);
    return 1;
}

int expect_answer_of_daemon(sd_bus* bus, int interrupt) {
    DaemonName daemon;
    const int found = find_daemon(bus, interrupt, daemon);
    if (found <= 0) return found;
    std::uint64_t longest = 0;  // microseconds
    (void)sd_bus_get_method_call_timeout(bus, &longest);
    return longest > longest_answer ? sd_bus_set_method_call_timeout(bus, longest_answer) : 0;
}

}  // namespace hvfb
