#pragma once

#include <hvfb/hvfb.h>

#include <array>
#include <cstdint>

#include "descriptor.h"
#include "layout.h"
#include "mapping.h"
#include "sentence.h"

namespace hvfb {

// What was asked for when a surface or viewer was opened, kept for opening it again. Owns its strings.
class OpenOptions {
  public:
    OpenOptions() = default;
    OpenOptions(const OpenOptions&) = delete;
    OpenOptions& operator=(const OpenOptions&) = delete;
    ~OpenOptions();

    // Takes over what hvfb.h's options say, or what is usual where they say nothing. 0, -EINVAL or -ENOMEM;
    // `why` says what is not valid.
    int set(const hvfb_open_options* options, Sentence& why);

    // A D-Bus address; or "system" or "session", where the environment does not say which that is.
    const char* bus() const { return bus_; }
    const char* display() const { return display_; }
    const char* name() const { return name_; }
    bool keep() const { return flags_ & HVFB_OPEN_KEEP; }
    bool background() const { return flags_ & HVFB_OPEN_BACKGROUND; }
    bool untracked() const { return flags_ & HVFB_OPEN_UNTRACKED; }
    const Place& place() const { return place_; }

    // Whether opening may start the daemon. Not so again: who stopped it does not want it back for the sake
    // of a program that draws.
    bool may_start() const { return may_start_; }
    void start_no_more() { may_start_ = false; }

  private:
    char *bus_ = nullptr, *display_ = nullptr, *name_ = nullptr;
    unsigned flags_ = 0;
    Place place_;
    bool may_start_ = true;
};

// Which process of the daemon: its name, on which bus. Empty where it is not known.
struct DaemonName {
    std::array<std::uint8_t, 16> bus = {};
    std::array<char, 256> owner = {};

    bool operator==(const DaemonName&) const = default;
    bool known() const { return owner[0] != 0; }
};

// What the daemon hands over.
struct Opened {
    Descriptor buffer, channel;
    // Which one is asked for, if it has a width, and which one it is. Viewers do not ask.
    Layout layout;
    DaemonName daemon;  // who answered, also where it refused
    Sentence why;       // it failed; empty: the errno says enough
};

// Who is told, by the thread that waits for a daemon, that nobody has its name on the bus.
struct Absence {
    void (*tell)(void* context);
    void* context;
};

// Opens over the bus; it waits for the daemon, as long as the bus lets it, or until `interrupt` is readable
// (-1: none). 0, or a negative errno as hvfb_surface_open; -EINTR: interrupted.
int open_surface_on_bus(const OpenOptions& options, int interrupt, Opened& opened);
int open_viewer_on_bus(const OpenOptions& options, int interrupt, Opened& opened);

// Tells the caller why its call failed, in the memory that its options name. After success (0) it is empty.
void tell_caller(const hvfb_open_options* options, int error, const Sentence& why);

// The errno for a D-Bus error's name; `otherwise` where it means nothing special.
int errno_of_bus_error(const char* name, int otherwise);

}  // namespace hvfb
