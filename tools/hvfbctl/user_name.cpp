#include "user_name.h"

#include <pwd.h>
#include <unistd.h>

namespace hvfbctl {

std::string user_name(uid_t uid) {
    const passwd* const entry = getpwuid(uid);
    return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

std::string own_name() {
    const passwd* const entry = getpwuid(getuid());
    return entry == nullptr ? "$USER" : entry->pw_name;
}

}  // namespace hvfbctl
