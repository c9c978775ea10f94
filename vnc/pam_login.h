#pragma once

#include <string>

#include "vnc/login_message.h"

namespace vnc {

struct LoginRules {
    std::string service = "hvfb-vnc";  // of PAM
    std::string pam_directory;         // instead of /etc/pam.d; empty: that
    std::string group = "hvfbd-view";  // who may look
};

enum class LoginAnswer { accepted, refused, unavailable };

// Whether PAM knows the user by that password, lets them in, and they are in the group. Waits as long as PAM
// does. `why` becomes a sentence for the log.
LoginAnswer check_login(const LoginRules& rules, const LoginQuestion& question, std::string& why);

}  // namespace vnc
