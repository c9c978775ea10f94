#include "vnc/pseudo_encoding.h"

namespace vnc {

void append_number(std::vector<std::uint8_t>& to, std::uint32_t number) {
    constexpr unsigned bits_of_byte = 8, bits = 32;
    for (unsigned shift = bits; shift > 0; shift -= bits_of_byte)
        to.push_back(static_cast<std::uint8_t>(number >> (shift - bits_of_byte)));
}

std::vector<std::uint8_t> update_without_pixels(std::int32_t encoding) {
    // An update, an unused byte, one rectangle; its place and its size are zeros.
    std::vector<std::uint8_t> update = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    append_number(update, static_cast<std::uint32_t>(encoding));
    return update;
}

}  // namespace vnc
