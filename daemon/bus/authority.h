#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace hvfbd {

// Who asks, as the bus says: what the process had when it connected. Never what /proc says, where the number
// may be another's, nor the user database, which may be slow and knows nothing of a process.
struct Credentials {
    uid_t uid = 0;
    pid_t pid = 0;
    std::optional<std::vector<gid_t>> groups;  // none: the bus does not say
};

// Access control. Pure: groups come as numbers; a group that does not exist is not given and grants nothing.
struct Authority {
    std::optional<gid_t> drawers, viewers;  // the groups video and hvfbd-view, if there are such
    // The group hvfbd-mode, which an administrator may make: it lets VNC clients choose the mode.
    std::optional<gid_t> mode_setters{};
    // Of a daemon on a bus of its user's own, that user: may what root may. None on the system bus.
    std::optional<uid_t> owner;

    // Each throws RequestError (access_denied) with a sentence that says who may, and the command that mends
    // it. `what` and `command`: what was tried, and how root does it: "change RefreshLimit", "hvfbctl set
    // RefreshLimit 30".
    void check_open_surface(const Credentials& who) const;
    void check_view(const Credentials& who) const;
    void check_tune(uid_t uid, const std::string& what, const std::string& command) const;
    void check_set_mode(const Credentials& who, const std::string& command) const;
    // To activate or close a surface of this user. By the user alone: names are given anew where the bus is,
    // and kept surfaces have those of the bus before.
    void check_control(uid_t asker, uid_t user, const std::string& what, const std::string& command) const;

  private:
    bool may_everything(uid_t uid) const { return uid == 0 || uid == owner; }
    static bool has(const Credentials& who, std::optional<gid_t> group);
    // May everything, or is a process of the group.
    void expect(const Credentials& who, std::optional<gid_t> group, const char* otherwise) const;
};

}  // namespace hvfbd
