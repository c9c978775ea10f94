#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vnc {

// What a browser may ask for. Pure: knows no socket and no file.

struct WebFile {
    enum class Of { page, novnc };
    Of of = Of::page;
    std::string name;  // relative to its folder
    const char* type = "";
};

// Nothing: there is no such file. Whatever comes out is below its folder, and hidden from nobody.
std::optional<WebFile> web_file(std::string_view path);

// Whether `path` is that of the WebSocket `name`, such as "/vnc": where there is a secret, with that behind
// it, as in "/vnc/SECRET".
bool is_path_of_socket(std::string_view path, std::string_view name, std::string_view secret);

// Whether a WebSocket was asked for by a page of this server, by the headers Origin and Host. Browsers say
// Origin always; what says none is no browser, and no page of somebody else's uses it.
bool is_of_own_page(std::string_view origin, std::string_view host);

// Whether `host`, the header, is a number, "localhost", or `machine`, also with ".local": no name that
// somebody else's name server answers for. A page of theirs could use what needs no login by such a name.
bool is_name_of_own(std::string_view host, std::string_view machine);

// Whether `host` is fit to be said in a redirection.
bool is_plain_host(std::string_view host);

// The value of a cookie in the header, or empty.
std::string_view cookie_in(std::string_view header, std::string_view name);

}  // namespace vnc
