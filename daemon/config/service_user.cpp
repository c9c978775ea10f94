#include "config/service_user.h"

#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>

#include "base/file_reading.h"
#include "common/numbers.h"

namespace hvfbd {

namespace {

constexpr std::string_view service_user = "hvfbd", cards_group = "video";

std::vector<std::string> fields_of(const std::string& line, char separator) {
    std::vector<std::string> fields;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, separator);) fields.push_back(field);
    return fields;
}

// The lines of a file of users or groups. Read directly: the daemon asks no user database, and a system user
// is in these files.
std::vector<std::vector<std::string>> entries_in(const char* path) {
    constexpr std::size_t largest = std::size_t{16} << 20;
    std::vector<std::vector<std::string>> entries;
    try {
        std::istringstream in(read_regular_file(path, largest));
        for (std::string line; std::getline(in, line);) entries.push_back(fields_of(line, ':'));
    } catch (const std::system_error&) {
        // Then it names nobody.
    }
    return entries;
}

struct Rights {
    uid_t user;
    gid_t group;
    std::vector<gid_t> groups;
};

std::optional<Rights> rights_of_service() {
    std::optional<Rights> rights;
    for (const auto& entry : entries_in("/etc/passwd")) {
        if (entry.size() < 4 || entry[0] != service_user) continue;
        const auto user = whole_number<uid_t>(entry[2]);
        const auto group = whole_number<gid_t>(entry[3]);
        if (user && group) rights = Rights{*user, *group, {*group}};
    }
    if (!rights) return std::nullopt;
    for (const auto& entry : entries_in("/etc/group")) {
        if (entry.size() < 3) continue;
        bool member = entry[0] == cards_group;
        if (entry.size() > 3)
            for (const std::string& name : fields_of(entry[3], ',')) member = member || name == service_user;
        const auto number = whole_number<gid_t>(entry[2]);
        if (member && number) rights->groups.push_back(*number);
    }
    return rights;
}

// Of this thread alone; the C library's would change those of all threads.
bool set_groups(const std::vector<gid_t>& groups) {
    return ::syscall(SYS_setgroups, groups.size(), groups.data()) == 0;
}

}  // namespace

RightsOfService::RightsOfService() {
    if (::geteuid() != 0) return;
    const auto rights = rights_of_service();
    if (!rights) return;
    Before before{::geteuid(), ::getegid(), {}};
    const int count = ::getgroups(0, nullptr);
    before.groups.resize(static_cast<std::size_t>(count > 0 ? count : 0));
    if (count < 0 || ::getgroups(count, before.groups.data()) < 0 || !set_groups(rights->groups)) return;
    before_ = std::move(before);
    ::setfsgid(rights->group);
    // Without this user's number in this user namespace nothing changes, and root reads.
    ::setfsuid(rights->user);
}

RightsOfService::~RightsOfService() {
    if (!before_) return;
    ::setfsuid(before_->user);
    ::setfsgid(before_->group);
    set_groups(before_->groups);
}

}  // namespace hvfbd
