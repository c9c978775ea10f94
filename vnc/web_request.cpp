#include "vnc/web_request.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "vnc/web_secret.h"

namespace vnc {

namespace {

constexpr std::string_view novnc_prefix = "/novnc/";

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

const char* type_of(std::string_view name) {
    using Type = std::pair<std::string_view, const char*>;
    static constexpr std::array<Type, 5> types = {{{".html", "text/html; charset=utf-8"},
                                                   {".js", "text/javascript; charset=utf-8"},
                                                   {".css", "text/css; charset=utf-8"},
                                                   {".svg", "image/svg+xml"},
                                                   {".png", "image/png"}}};
    const auto* const found =
        std::ranges::find_if(types, [name](const Type& type) { return name.ends_with(type.first); });
    return found == types.end() ? nullptr : found->second;
}

// No part of it is empty or begins with a dot, so that there is no "..".
bool is_plain_name(std::string_view name) {
    char before = '/';
    for (const char c : name) {
        if (!is_letter_or_digit(c) && c != '_' && c != '-' && c != '.' && c != '/') return false;
        if (before == '/' && (c == '/' || c == '.')) return false;
        before = c;
    }
    return before != '/';
}

// Empty: what is behind the colon is no port.
std::string_view without_port(std::string_view host) {
    const std::size_t colon = host.rfind(':');
    if (colon == std::string_view::npos || host.ends_with(']')) return host;
    const std::string_view port = host.substr(colon + 1);
    return std::ranges::all_of(port, is_digit) ? host.substr(0, colon) : std::string_view();
}

bool is_number(std::string_view host) {
    if (host.starts_with('['))
        return host.ends_with(']') &&
               host.find_first_not_of("0123456789abcdefABCDEF:.[]") == std::string_view::npos;
    return std::ranges::count(host, '.') == 3 &&
           std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
}

bool equal_names(std::string_view one, std::string_view other) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(one, other, {}, lower, lower);
}

}  // namespace

std::optional<WebFile> web_file(std::string_view path) {
    if (path == "/") path = "/index.html";
    constexpr std::size_t longest = 200;
    if (path.size() > longest || !path.starts_with('/')) return std::nullopt;
    const bool of_novnc = path.starts_with(novnc_prefix);
    const std::string_view name = path.substr(of_novnc ? novnc_prefix.size() : 1);
    const char* const type = type_of(name);
    if (!is_plain_name(name) || type == nullptr) return std::nullopt;
    // What the page needs of it, and not its own pages.
    if (of_novnc && !name.starts_with("core/") && !name.starts_with("vendor/")) return std::nullopt;
    return WebFile{of_novnc ? WebFile::Of::novnc : WebFile::Of::page, std::string(name), type};
}

bool is_path_of_socket(std::string_view path, std::string_view name, std::string_view secret) {
    if (!path.starts_with(name)) return false;
    path.remove_prefix(name.size());
    if (secret.empty()) return path.empty();
    return path.starts_with('/') && are_same_secrets(path.substr(1), secret);
}

bool is_of_own_page(std::string_view origin, std::string_view host) {
    if (origin.empty()) return true;
    for (const std::string_view scheme : {"http://", "https://"})
        if (origin.starts_with(scheme))
            return !host.empty() && equal_names(origin.substr(scheme.size()), host);
    return false;
}

bool is_name_of_own(std::string_view host, std::string_view machine) {
    const std::string_view name = without_port(host);
    if (name.empty()) return false;
    if (is_number(name) || equal_names(name, "localhost")) return true;
    return !machine.empty() &&
           (equal_names(name, machine) || equal_names(name, std::string(machine) + ".local"));
}

bool is_plain_host(std::string_view host) {
    constexpr std::size_t longest = 255;
    return !host.empty() && host.size() <= longest && std::ranges::all_of(host, [](char c) {
        return is_letter_or_digit(c) || c == '.' || c == '-' || c == ':' || c == '[' || c == ']';
    });
}

std::string_view cookie_in(std::string_view header, std::string_view name) {
    while (!header.empty()) {
        const std::size_t end = std::min(header.find(';'), header.size());
        std::string_view one = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        one.remove_prefix(std::min(one.find_first_not_of(' '), one.size()));
        if (one.starts_with(name) && one.substr(name.size()).starts_with('='))
            return one.substr(name.size() + 1);
    }
    return {};
}

}  // namespace vnc
