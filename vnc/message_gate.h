#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace vnc {

// What becomes of a client's message, by its first byte. libvncserver knows more kinds than a client of ours
// has a use for (file transfer, scaling, chat, other people's windows): those end the connection before it
// reads them.
enum class Verdict {
    pass,     // libvncserver reads it
    discard,  // text for a clipboard: read here, and nobody gets it
    resize,   // a wish for another size: read here
    key,      // QEMU's extended key event, which libvncserver does not know: read here
    refuse,   // ends the connection
};

// `extended_keys`: the client has asked for extended key events, and may send them.
Verdict verdict_on(std::uint8_t message_type, bool extended_keys);

// The beginning of a message with text for a clipboard.
constexpr std::size_t cut_text_header = 8;
using CutTextHeader = std::array<std::uint8_t, cut_text_header>;

// How many bytes follow it. Nothing: more than a client may send (1 MiB).
std::optional<std::size_t> cut_text_length(const CutTextHeader& header);

// The beginning of a wish for another size (SetDesktopSize). So many screens follow, of 16 bytes each.
constexpr std::size_t size_wish_header = 8, wished_screen_size = 16;
struct SizeWish {
    unsigned width, height, screens;
};
SizeWish size_wish_in(const std::array<std::uint8_t, size_wish_header>& header);

}  // namespace vnc
