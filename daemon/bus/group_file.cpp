#include "bus/group_file.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <limits>
#include <sstream>
#include <string>

#include "base/error.h"
#include "base/file_reading.h"
#include "common/numbers.h"

namespace hvfbd {

namespace {

// name:password:number:members
std::optional<gid_t> number_in(std::string_view line, std::string_view name) {
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") return std::nullopt;
    const auto password = line.find(':', name.size() + 1);
    if (password == std::string_view::npos) return std::nullopt;
    line.remove_prefix(password + 1);
    const auto number = whole_number<gid_t>(line.substr(0, line.find(':')));
    // The largest is no group's: it means "none" to system calls.
    if (number == std::numeric_limits<gid_t>::max()) return std::nullopt;
    return number;
}

}  // namespace

std::optional<gid_t> group_number(std::istream& groups, std::string_view name) {
    std::string line;
    while (std::getline(groups, line))
        if (auto number = number_in(line, name)) return number;
    if (groups.bad()) throw_errno("read the groups", EIO);
    return std::nullopt;
}

std::optional<gid_t> group_number(std::string_view name) {
    constexpr std::size_t largest = std::size_t{16} << 20;
    for (const char* path : {"/etc/group", "/usr/lib/group"}) {
        try {
            std::istringstream file(read_regular_file(path, largest));
            if (auto number = group_number(file, name)) return number;
        } catch (const std::system_error& error) {
            if (is_shortage(error)) throw;
            if (error.code() != std::errc::no_such_file_or_directory)
                spdlog::warn("{}: nobody has the group {} by it", error.what(), name);
        }
    }
    return std::nullopt;
}

}  // namespace hvfbd
