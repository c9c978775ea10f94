#include <cerrno>
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

}  // namespace

OpenOptions::~OpenOptions() {
    std::free(bus_);
    std::free(display_);
    std::free(name_);
}

int OpenOptions::set(const hvfb_open_options* options) {
    hvfb_open_options given = {};
    if (options)
        if (const int result = take_sized(*options, given); result < 0) return result;
    if (given.flags & ~(HVFB_OPEN_KEEP | HVFB_OPEN_UNTRACKED)) return -EINVAL;
    flags_ = given.flags;
    const char* bus = given.bus ? given.bus : secure_getenv("HVFB_BUS");
    const char* display = given.display ? given.display : "display0";
    if (*display == 0) return -EINVAL;
    for (const char* at = display; *at; ++at) {
        const bool letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!letter && *at != '_' && (*at < '0' || *at > '9')) return -EINVAL;
    }
    if (bus && *bus && !(bus_ = strdup(bus))) return -ENOMEM;
    display_ = strdup(display);
    name_ = given.name ? strdup(given.name) : name_of_program();
    return display_ && name_ ? 0 : -ENOMEM;
}

}  // namespace hvfb
