#pragma once

#include <cstdint>
#include <span>

namespace vnc {

// What somebody who has just connected wants, by what they say first. A VNC client says nothing before the
// server has.
enum class Wants { vnc, http, tls };

constexpr Wants wants_of(std::span<const std::uint8_t> said) {
    constexpr std::uint8_t handshake_record = 22;
    if (said.empty()) return Wants::vnc;
    if (said[0] == handshake_record) return Wants::tls;
    // The method of a request begins with a capital letter; so does "RFB", with which an impatient VNC client
    // begins.
    return said[0] >= 'A' && said[0] <= 'Z' && said[0] != 'R' ? Wants::http : Wants::vnc;
}

}  // namespace vnc
