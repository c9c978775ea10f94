#pragma once

#include <span>
#include <string>

namespace vnc {

// Who is connected, in words for `systemctl status` and `hvfbctl status`. `names`: of all clients, the oldest
// first.
std::string status_text(std::span<const std::string> names);

}  // namespace vnc
