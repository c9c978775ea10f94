#pragma once

#include <sys/types.h>

#include <istream>
#include <optional>
#include <string_view>

namespace hvfbd {

// The number of the group of this name in a file such as /etc/group, whose lines may be of any length; none
// if it names no such group. Pure. Throws std::system_error where the stream breaks.
std::optional<gid_t> group_number(std::istream& groups, std::string_view name);

// The same of the machine's files: /etc/group, or /usr/lib/group, where some distributions have the system's
// own. Read directly: the user database may be a directory server, and slow. What cannot be read is logged,
// and grants nothing. Throws std::system_error where this process has nothing left to read them with.
std::optional<gid_t> group_number(std::string_view name);

}  // namespace hvfbd
