#pragma once

#include <string>

#include "input/protocol/messages.h"
#include "vnc/login_message.h"

namespace vnc {

struct LoginRules {
    std::string service = "hvfb-vnc";  // of PAM
    std::string pam_directory;         // instead of /etc/pam.d; empty: that
    std::string group = "hvfbd-view";  // who may look
    // Of hvfb-inputd: its group is that of who may type.
    std::string input_socket = input::default_socket;
};

enum class LoginAnswer { to_look, to_type, refused, unavailable };

// Whether PAM knows the user by that password, lets them in, and they are in the group; and whether they may
// type. Waits as long as PAM does. `why` becomes a sentence for the log.
LoginAnswer check_login(const LoginRules& rules, const LoginQuestion& question, std::string& why);

}  // namespace vnc
