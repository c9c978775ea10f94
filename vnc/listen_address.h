#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vnc {

// Where clients are waited for: a path, or an address with a port.
struct ListenAddress {
    std::string path;
    std::string host;  // a number of IPv4 or IPv6, without brackets
    std::uint16_t port = 0;

    bool is_network() const { return path.empty(); }
};

// "/run/vnc.sock", "unix:vnc.sock", "127.0.0.1:5900", "[::1]:5900". Nothing: it is none of these.
std::optional<ListenAddress> listen_address_in(std::string_view text);

}  // namespace vnc
