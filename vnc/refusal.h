#pragma once

#include <string>
#include <string_view>

namespace vnc {

// What a VNC client that is not taken is told before it has said anything: the version of RFB, no security
// types, and why.
std::string refusal(std::string_view why);

}  // namespace vnc
