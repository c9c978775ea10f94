#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vnc/vencrypt.h"

namespace vnc {

// What hvfb-vnc asks hvfb-vnc-auth, in one packet: {u8 form, u8 size of the address, u8 size of the name,
// the two, and the password}. The answer is one byte.
constexpr std::size_t longest_address = 63;
constexpr std::size_t longest_login_message = 3 + longest_address + longest_name + longest_password;
// Who may type may look.
constexpr std::uint8_t login_refused = 0, login_to_look = 1, login_unavailable = 2, login_to_type = 3;

struct LoginQuestion {
    std::string address;  // from where; for the log of PAM
    Login login;
};

// Who has it wipes it. Nothing: a part is too long, or empty.
std::optional<std::vector<std::uint8_t>> login_message(std::string_view address, const Login& login);
// False: it is none, and `question` is not to be used.
bool read_login_message(std::span<const std::uint8_t> message, LoginQuestion& question);

// As it is written into a log: what is not printable ASCII is a question mark.
std::string printable(std::string_view text);

}  // namespace vnc
