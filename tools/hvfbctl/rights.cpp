#include "rights.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/file_reading.h"

namespace hvfbctl {

namespace {

using Level = Finding::Level;

constexpr const char* daemon_user = "hvfbd";

// Capabilities are not counted: the daemon has none.
bool may_use(const passwd& user, const group* another, const struct stat& file) {
    constexpr mode_t owner = S_IRUSR | S_IWUSR, of_group = S_IRGRP | S_IWGRP, others = S_IROTH | S_IWOTH;
    const bool in_group =
        file.st_gid == user.pw_gid || (another != nullptr && file.st_gid == another->gr_gid);
    const mode_t needed = file.st_uid == user.pw_uid ? owner : in_group ? of_group : others;
    return (file.st_mode & needed) == needed;
}

// "root:kmem 0640"
std::string rights_of(const struct stat& file) {
    const passwd* const user = getpwuid(file.st_uid);
    std::string text = user != nullptr ? user->pw_name : std::to_string(file.st_uid);
    const group* const group = getgrgid(file.st_gid);
    text += ":" + (group != nullptr ? std::string(group->gr_name) : std::to_string(file.st_gid));
    for (int shift = 9; shift >= 0; shift -= 3)
        text += (shift == 9 ? " " : "") + std::to_string(file.st_mode >> shift & 7);
    return text;
}

}  // namespace

Finding examine_rights(const std::string& subject, const std::filesystem::path& file,
                       const std::string& shown, const std::string& mend, const char* another) {
    struct stat found = {};
    if (!hvfbd::is_there(file)) return {Level::warn, subject, "there is no " + shown, mend};
    if (stat(file.c_str(), &found) != 0) hvfbd::throw_errno("look at " + shown);
    const passwd* const user = getpwnam(daemon_user);
    if (user == nullptr)
        return {Level::warn, subject, shown + " is there, but no user hvfbd",
                "sudo systemd-sysusers && " + mend};
    const std::string you = access(file.c_str(), R_OK | W_OK) == 0 ? "so may you" : "you may not";
    if (may_use(*user, another == nullptr ? nullptr : getgrnam(another), found))
        return {Level::ok, subject, "user hvfbd may use " + shown + ", and " + you, ""};
    return {Level::warn, subject, "user hvfbd may not use " + shown + " (" + rights_of(found) + "); " + you,
            mend};
}

}  // namespace hvfbctl
