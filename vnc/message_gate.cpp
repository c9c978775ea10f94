#include "vnc/message_gate.h"

namespace vnc {

namespace {

// As RFC 6143 numbers them, and the list of IANA.
constexpr std::uint8_t set_pixel_format = 0, set_encodings = 2, update_request = 3, key_event = 4,
                       pointer_event = 5, cut_text = 6, set_desktop_size = 251, qemu = 255;
constexpr std::uint32_t longest_text = 1U << 20U;

}  // namespace

Verdict verdict_on(std::uint8_t message_type, bool extended_keys) {
    switch (message_type) {
        case set_pixel_format:
        case set_encodings:
        case update_request:
        case key_event:
        case pointer_event:
            return Verdict::pass;
        case set_desktop_size:
            return Verdict::resize;
        case cut_text:
            return Verdict::discard;
        case qemu:
            return extended_keys ? Verdict::key : Verdict::refuse;
        default:
            return Verdict::refuse;
    }
}

std::optional<std::size_t> cut_text_length(const CutTextHeader& header) {
    std::uint32_t length = 0;
    for (std::size_t i = cut_text_header / 2; i < cut_text_header; ++i) length = length << 8U | header[i];
    // With the extended clipboard the length is negative, and counts all the same.
    constexpr std::uint32_t negative = 1U << 31U;
    if ((length & negative) != 0) length = ~length + 1;
    if (length > longest_text) return std::nullopt;
    return length;
}

SizeWish size_wish_in(const std::array<std::uint8_t, size_wish_header>& header) {
    const auto number = [&header](std::size_t at) {
        return static_cast<unsigned>(header[at]) << 8U | header[at + 1];
    };
    return {number(2), number(4), header[6]};
}

}  // namespace vnc
