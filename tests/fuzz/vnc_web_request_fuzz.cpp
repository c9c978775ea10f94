// Anything as the path, the origin, the host and the cookies of a browser's request: a line of each.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "vnc/first_bytes.h"
#include "vnc/web_request.h"

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check_file(std::string_view path) {
    const auto file = vnc::web_file(path);
    if (!file) return;
    require(!file->name.empty() && file->type != nullptr);
    require(!file->name.starts_with('/') && !file->name.starts_with('.'));
    require(file->name.find("/.") == std::string::npos && file->name.find('\0') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)vnc::wants_of({data, size});
    std::string_view text(reinterpret_cast<const char*>(data), size);
    std::array<std::string_view, 4> lines;
    for (std::string_view& line : lines) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    const auto [path, origin, host, cookies] = lines;
    check_file(path);
    if (vnc::is_of_own_page(origin, host))
        require(origin.empty() || origin.ends_with(host) || origin.size() > host.size());
    if (vnc::is_name_of_own(host, "machine"))
        require(!host.empty() && host.find('/') == std::string_view::npos);
    if (vnc::is_plain_host(host)) require(host.find_first_of("/@?#\\ \r") == std::string_view::npos);
    const std::string_view cookie = vnc::cookie_in(cookies, "hvfb");
    require(cookie.find(';') == std::string_view::npos && cookies.find(cookie) != std::string_view::npos);
    return 0;
}
