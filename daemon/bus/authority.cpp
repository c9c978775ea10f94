#include "bus/authority.h"

#include <algorithm>

#include "base/error.h"

namespace hvfbd {

namespace {

[[noreturn]] void deny(const std::string& sentence) {
    throw RequestError(RequestError::Kind::access_denied, sentence);
}

}  // namespace

bool Authority::has(const Credentials& who, std::optional<gid_t> group) {
    return group && who.groups && std::ranges::count(*who.groups, *group) != 0;
}

void Authority::expect(const Credentials& who, std::optional<gid_t> group, const char* otherwise) const {
    if (may_everything(who.uid)) return;
    if (!who.groups)
        deny(
            "the bus does not say which groups its callers have (UnixGroupIDs), so that only root may: use "
            "dbus-daemon 1.14 or later, or dbus-broker, over a Unix socket");
    if (!has(who, group)) deny(otherwise);
}

void Authority::check_open_surface(const Credentials& who) const {
    expect(
        who, drawers,
        "only root and members of the group video may draw: sudo usermod -aG video $USER, then log in again");
}

void Authority::check_view(const Credentials& who) const {
    expect(who, viewers,
           "only root and members of the group hvfbd-view may look at the screen: "
           "sudo usermod -aG hvfbd-view $USER, then log in again");
}

void Authority::check_tune(uid_t uid, const std::string& what, const std::string& command) const {
    if (!may_everything(uid)) deny("only root may " + what + ": sudo " + command);
}

void Authority::check_set_mode(const Credentials& who, const std::string& command) const {
    if (!has(who, mode_setters)) check_tune(who.uid, "change the mode", command);
}

void Authority::check_control(uid_t asker, uid_t user, const std::string& what,
                              const std::string& command) const {
    if (!may_everything(asker) && asker != user)
        deny("only root and the user who opened it (uid " + std::to_string(user) + ") may " + what +
             ": sudo " + command);
}

}  // namespace hvfbd
