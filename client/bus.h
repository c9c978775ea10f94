#pragma once

#include <systemd/sd-bus.h>

#include "connection.h"
#include "descriptor.h"
#include "monotonic.h"

namespace hvfb {

// The bus, a message, or an error of sd-bus, until the end of the block.
template <typename Type, Type* (*unref)(Type*)>
struct Reference {
    Type* object = nullptr;

    Reference() = default;
    Reference(const Reference&) = delete;
    Reference& operator=(const Reference&) = delete;
    ~Reference() { unref(object); }
};
// Not flushed: that would wait for a bus that does not read. What is called is answered by then, or given up.
// Where the program has closed its descriptor it is left as it is: libsystemd would close a file of the
// program's, or end the program because it cannot.
struct Bus {
    sd_bus* object = nullptr;

    Bus() = default;
    Bus(const Bus&) = delete;
    Bus& operator=(const Bus&) = delete;
    ~Bus();
    // Says whose the descriptor is that it is connected by.
    void remember();

  private:
    int fd_ = -1;
    FileIdentity socket_;
};
using Message = Reference<sd_bus_message, sd_bus_message_unref>;
using Slot = Reference<sd_bus_slot, sd_bus_slot_unref>;
struct Error {
    sd_bus_error error = SD_BUS_ERROR_NULL;

    Error() = default;
    Error(const Error&) = delete;
    Error& operator=(const Error&) = delete;
    ~Error() { sd_bus_error_free(&error); }
};

// A connection of the library's own. 0 or a negative errno.
int connect_to_bus(const OpenOptions& options, Bus& bus);
// A unique name on this bus; null: not known.
DaemonName daemon_name(sd_bus* bus, const char* owner);
// Waits until the bus has something to do, `latest` at the latest, or until `interrupt` (-1: none) is
// readable: then it is -EINTR. May return early. -EBADF: the program has closed the bus's descriptor
// meanwhile.
int wait_for_bus(sd_bus* bus, int interrupt, Nanoseconds latest = UINT64_MAX);

class StartWatch;
// Calls and waits for the answer, as long as the bus lets it and `starting` (null: nobody) has not given up
// who is called. 0, or a negative errno as wait_for_bus; the error's where the answer is one; -EHOSTUNREACH
// where who was called ended before it answered, or was given up.
int call_on_bus(sd_bus* bus, sd_bus_message* call, int interrupt, Error& error, Message& reply,
                StartWatch* starting = nullptr);

// Who has the daemon's name, without starting it. 1: `daemon` has it. 0: nobody has. Or a negative errno.
int find_daemon(sd_bus* bus, int interrupt, DaemonName& daemon);
// Where it has its name, what is called on this bus from now on is not waited for as long as for a daemon
// that is being started: -ETIMEDOUT after 5 s. 0 or a negative errno.
int expect_answer_of_daemon(sd_bus* bus, int interrupt);

}  // namespace hvfb
