#include "control/authority.h"

#include <algorithm>

#include "base/error.h"

namespace hvfbd {

namespace {

bool in_any(const Credentials& who, const std::vector<gid_t>& groups) {
    return std::ranges::any_of(groups,
                               [&](gid_t group) { return std::ranges::count(who.groups, group) > 0; });
}

[[noreturn]] void deny(const std::string& sentence) {
    throw Refusal(Refusal::Kind::access_denied, sentence);
}

}  // namespace

void Authority::check_open_surface(const Credentials& who) const {
    if (who.uid != 0 && !in_any(who, drawers))
        deny(
            "only members of the group video may draw: usermod --append --groups video USER, and log in "
            "again");
}

void Authority::check_view(const Credentials& who) const {
    if (who.uid != 0 && !in_any(who, viewers))
        deny(
            "only root and members of the group hvfbd-view may look at the screen: "
            "usermod --append --groups hvfbd-view USER, and log in again");
}

void Authority::check_tune(uid_t uid) {
    if (uid != 0) deny("only root may change the settings: use sudo");
}

void Authority::check_control(uid_t asker, uid_t owner) {
    if (asker != 0 && asker != owner) deny("only the user who opened the surface, and root, may do that");
}

}  // namespace hvfbd
