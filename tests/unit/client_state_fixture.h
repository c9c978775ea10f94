#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "clients/client_state.h"

namespace hvfbd {

using namespace std::chrono_literals;
inline constexpr Time start{1h};

inline Layout layout() {
    return layout_for({640, 480});
}

inline constexpr std::uint32_t full = HVFB_HELLO_CAN_ANNOUNCE | HVFB_HELLO_CAN_SCAN;
inline constexpr std::uint32_t reporting = full | HVFB_HELLO_CAN_REPORT;

// That of a client that has said HELLO with these flags; its first frame has begun.
inline ClientState handshake_complete(std::uint32_t flags, bool explicit_damage = false) {
    ClientState client_state(layout(), explicit_damage);
    EXPECT_FALSE(client_state.receive(message::Hello{HVFB_PROTOCOL_VERSION, flags}, start));
    client_state.frame_begins();
    return client_state;
}

// The same when its first frame has been compared: nothing is known to be damaged.
inline ClientState compared_once(std::uint32_t flags, bool explicit_damage = false) {
    ClientState client_state = handshake_complete(flags, explicit_damage);
    client_state.compared();
    return client_state;
}

// That of a client that another process of the daemon served.
inline ClientState restored(Handshake handshake, std::uint64_t first_serial = std::uint64_t{1} << 32) {
    return {layout(), false, handshake, first_serial, start};
}

inline message::Written written(std::uint64_t serial, const std::vector<message::PageRange>& pages,
                                bool unprotected = false) {
    message::Written message;
    message.serial = serial;
    message.unprotected = unprotected;
    for (const auto& page : pages) message.pages[message.page_count++] = page;
    return message;
}

inline std::vector<Rectangle> hinted(const ClientState& client_state) {
    auto rectangles = client_state.damage_hints().rectangles();
    return {rectangles.begin(), rectangles.end()};
}

}  // namespace hvfbd
