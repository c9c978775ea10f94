#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "connection.h"
#include "sized.h"

namespace hvfb {

namespace {

// As the daemon takes names: 1 to 64 bytes of printable text. Where the program's file has another the
// program did not choose it for this. Null: no memory.
char* name_of_program() {
    constexpr std::size_t longest = 64;
    char* const name = strndup(program_invocation_short_name, longest);
    for (char* at = name; at && *at; ++at)
        if (*at < 0x20 || *at > 0x7e) *at = '_';
    if (!name || *name) return name;
    std::free(name);
    return strdup("surface");
}

// "unix:path=FOLDER/bus", as an address writes the bytes of a path. Null: no memory.
char* address_in(const char* folder) {
    constexpr const char* before = "unix:path=";
    constexpr const char* behind = "/bus";
    auto* const address = static_cast<char*>(
        std::malloc(std::strlen(before) + 3 * std::strlen(folder) + std::strlen(behind) + 1));
    if (!address) return nullptr;
    char* to = stpcpy(address, before);
    for (; *folder; ++folder) {
        const auto byte = static_cast<unsigned char>(*folder);
        const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                           (byte >= '0' && byte <= '9') || std::strchr("-_/.*", byte);
        if (plain)
            *to++ = *folder;
        else
            to += std::sprintf(to, "%%%02x", byte);
    }
    stpcpy(to, behind);
    return address;
}

// What the environment says now: it is the program's, which may change it while the library's thread reads
// it.
char* address_of_bus(const char* bus) {
    const bool session = bus && std::strcmp(bus, "session") == 0;
    if (bus && *bus && !session && std::strcmp(bus, "system") != 0) return strdup(bus);
    const char* address = secure_getenv(session ? "DBUS_SESSION_BUS_ADDRESS" : "DBUS_SYSTEM_BUS_ADDRESS");
    if (address && *address) return strdup(address);
    if (!session) return strdup("unix:path=/run/dbus/system_bus_socket");
    const char* folder = secure_getenv("XDG_RUNTIME_DIR");
    return folder && *folder ? address_in(folder) : strdup("session");
}

bool is_display_name(const char* name) {
    for (const char* at = name; *at; ++at) {
        const bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!letter && *at != '_' && (*at < '0' || *at > '9')) return false;
    }
    return *name != 0;
}

}  // namespace

OpenOptions::~OpenOptions() {
    std::free(bus_);
    std::free(display_);
    std::free(name_);
}

int OpenOptions::set(const hvfb_open_options* options, Sentence& why) {
    hvfb_open_options given = {};
    if (options)
        if (const int result = take_sized(*options, given); result < 0) {
            why.print("the options have members or a size that libhvfb %s does not know", HVFB_VERSION);
            return result;
        }
    if (given.flags & ~(HVFB_OPEN_KEEP | HVFB_OPEN_UNTRACKED | HVFB_OPEN_BACKGROUND)) {
        why.print("libhvfb %s does not know all of the flags 0x%x", HVFB_VERSION, given.flags);
        return -EINVAL;
    }
    flags_ = given.flags;
    place_ = {given.place, given.place_context};
    const char* bus = given.bus ? given.bus : secure_getenv("HVFB_BUS");
    const char* const environment = given.display ? nullptr : secure_getenv("HVFB_DISPLAY");
    const bool from_environment = environment && *environment;
    const char* display = given.display ? given.display : from_environment ? environment : "display0";
    if (!is_display_name(display)) {
        why.print("%s is not a display's name: letters, digits and '_', such as display0",
                  from_environment ? "$HVFB_DISPLAY" : "the option display");
        return -EINVAL;
    }
    bus_ = address_of_bus(bus);
    display_ = strdup(display);
    name_ = given.name ? strdup(given.name) : name_of_program();
    return bus_ && display_ && name_ ? 0 : -ENOMEM;
}

void tell_caller(const hvfb_open_options* options, int error, const Sentence& why) {
    hvfb_open_options given = {};
    if (!options) return;
    (void)take_sized(*options, given);
    if (!given.message) return;
    copy_text(error >= 0    ? ""
              : why.empty() ? hvfb_strerror(error)
                            : why.text(),
              given.message, given.message_size);
}

}  // namespace hvfb
