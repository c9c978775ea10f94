#include "vnc/listen_address.h"

#include <sys/un.h>

#include "common/numbers.h"

namespace vnc {

namespace {

std::optional<ListenAddress> path_in(std::string_view path) {
    // As long as the kernel takes it, with a 0 byte behind.
    if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) return std::nullopt;
    ListenAddress address;
    address.path = path;
    return address;
}

}  // namespace

std::optional<ListenAddress> listen_address_in(std::string_view text) {
    constexpr std::string_view scheme = "unix:";
    if (text.starts_with(scheme)) return path_in(text.substr(scheme.size()));
    if (text.find('/') != std::string_view::npos) return path_in(text);
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    const auto port = hvfbd::whole_number<std::uint16_t>(text.substr(colon + 1));
    const bool in_brackets = host.starts_with('[') && host.ends_with(']');
    if (in_brackets) host = host.substr(1, host.size() - 2);
    // An address of IPv6 without brackets may end anywhere.
    if (!port || *port == 0 || host.empty() || (!in_brackets && host.find(':') != std::string_view::npos))
        return std::nullopt;
    ListenAddress address;
    address.host = host;
    address.port = *port;
    return address;
}

}  // namespace vnc
