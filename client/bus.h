#pragma once

#include <systemd/sd-bus.h>

#include "connection.h"

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
using Bus = Reference<sd_bus, sd_bus_flush_close_unref>;
using Message = Reference<sd_bus_message, sd_bus_message_unref>;
struct Error {
    sd_bus_error error = SD_BUS_ERROR_NULL;

    Error() = default;
    Error(const Error&) = delete;
    Error& operator=(const Error&) = delete;
    ~Error() { sd_bus_error_free(&error); }
};

// A connection of the library's own. 0 or a negative errno.
int connect_to_bus(const OpenOptions& options, Bus& bus);

}  // namespace hvfb
