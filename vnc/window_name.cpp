#include "vnc/window_name.h"

namespace vnc {

namespace {

void append(std::vector<std::uint8_t>& to, std::uint32_t number) {
    constexpr unsigned bits_of_byte = 8, bits = 32;
    for (unsigned shift = bits; shift > 0; shift -= bits_of_byte)
        to.push_back(static_cast<std::uint8_t>(number >> (shift - bits_of_byte)));
}

}  // namespace

std::string view_only(const std::string& name) {
    return name + " (view only)";
}

std::vector<std::uint8_t> window_name_update(const std::string& name) {
    // An update, an unused byte, one rectangle; its place and its size are zeros.
    std::vector<std::uint8_t> update = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    append(update, static_cast<std::uint32_t>(window_name_encoding));
    append(update, static_cast<std::uint32_t>(name.size()));
    update.insert(update.end(), name.begin(), name.end());
    return update;
}

}  // namespace vnc
