#pragma once

#include <string>
#include <string_view>

namespace vnc {

// What a browser must know that comes without TLS and without a login: what stands behind "#" in the address
// that was opened. No program but the browser is told that part, and it sends it nowhere: the page does.

// Reads it from the only line of a file. Throws std::system_error; std::runtime_error where it is easily
// guessed, or where others can read the file.
std::string web_secret_in_file(const std::string& path);

// Whether it is long enough, and of letters, digits, "-" and "_".
bool is_fit_secret(std::string_view text);

// How long it takes does not say how much of them is the same.
bool are_same_secrets(std::string_view one, std::string_view other);

}  // namespace vnc
