#pragma once

#include <sys/types.h>

#include <string>

namespace hvfbctl {

// As the user database says; the number where it does not know the user.
std::string user_name(uid_t uid);
// Of who runs this program; "$USER" where it is not known, for usermod takes names alone.
std::string own_name();

}  // namespace hvfbctl
