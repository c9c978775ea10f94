#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "base/descriptor.h"
#include "base/layout.h"

namespace hvfbd {

// Who is at the other end of a surface or viewer, as the bus vouches for it.
struct Client {
    std::string bus_name;  // unique, such as ":1.42"
    uid_t uid = 0;
    pid_t pid = 0;
    Descriptor pidfd;  // readable once the process is dead; empty only in tests without a process
};

// Which surfaces lie below which others, whenever they were opened; in this order.
enum class Layer { background, normal };

// As the bus names it.
constexpr std::string_view name_of(Layer layer) {
    return layer == Layer::background ? "background" : "normal";
}

// What a client asked for when it opened its surface.
struct SurfaceOptions {
    std::string name;
    bool explicit_damage = false;  // tracking=none: the client reports what it draws
    bool keep = false;
    // Of the buffer to begin with, for a client that comes back with a picture of another mode. None: the
    // display's.
    std::optional<Layout> layout = {};
    Layer layer = Layer::normal;
};

using SurfaceNumber = unsigned;

}  // namespace hvfbd
