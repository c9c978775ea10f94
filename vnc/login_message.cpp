#include "vnc/login_message.h"

#include <algorithm>

namespace vnc {

namespace {

constexpr std::uint8_t form = 1;
constexpr std::size_t header = 3;

bool is_usable(std::string_view text, std::size_t longest) {
    return !text.empty() && text.size() <= longest && text.find('\0') == std::string_view::npos;
}

bool are_usable(std::string_view address, std::string_view name, std::string_view password) {
    return is_usable(address, longest_address) && is_usable(name, longest_name) &&
           is_usable(password, longest_password);
}

}  // namespace

std::optional<std::vector<std::uint8_t>> login_message(std::string_view address, const Login& login) {
    const std::string_view name = login.name(), password = login.password();
    if (!are_usable(address, name, password)) return std::nullopt;
    std::vector<std::uint8_t> message;
    // So that there is no copy of it but this one.
    message.reserve(longest_login_message);
    message = {form, static_cast<std::uint8_t>(address.size()), static_cast<std::uint8_t>(name.size())};
    for (const std::string_view part : {address, name, password})
        message.insert(message.end(), part.begin(), part.end());
    return message;
}

bool read_login_message(std::span<const std::uint8_t> message, LoginQuestion& question) {
    if (message.size() < header || message[0] != form) return false;
    const std::size_t address_size = message[1], name_size = message[2];
    if (message.size() < header + address_size + name_size) return false;
    const std::string_view text(reinterpret_cast<const char*>(message.data()) + header,
                                message.size() - header);
    const std::string_view address = text.substr(0, address_size),
                           name = text.substr(address_size, name_size),
                           password = text.substr(address_size + name_size);
    if (!are_usable(address, name, password)) return false;
    question.address = address;
    question.login.set(name, password);
    return true;
}

std::string printable(std::string_view text) {
    std::string made(text);
    std::ranges::replace_if(
        made, [](char one) { return one < ' ' || one > '~' || one == '"'; }, '?');
    return made;
}

}  // namespace vnc
