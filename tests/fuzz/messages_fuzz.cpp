// Bytes that a client could send, decoded and taken by a client state: nothing may go wrong, whatever they
// are.
#include <cstdint>
#include <cstring>

#include "clients/client_state.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hvfbd;
    Layout layout = layout_for({200, 100}, 832);
    bool explicit_damage = size > 0 && data[0] & 1;
    ClientState client_state(layout, explicit_damage);
    Time now{std::chrono::hours(1)};
    auto give = [&](const message::FromClient& message) {
        client_state.receive(message, now);
        now += std::chrono::microseconds(7);
        if (!client_state.collecting()) client_state.begin_collection(now);
        for (const Rectangle& rectangle : client_state.damage_hints().rectangles())
            if (rectangle.empty() || intersection(rectangle, layout.rectangle()) != rectangle)
                __builtin_trap();
    };
    give(message::Hello{HVFB_PROTOCOL_VERSION, HVFB_HELLO_CAN_ANNOUNCE});
    // One length byte, then that many bytes, is one packet; every second one is given a true header size, so
    // that the fuzzer need not find it out.
    for (std::size_t at = 1; at < size;) {
        std::size_t length = data[at++];
        length = length < size - at ? length : size - at;
        std::byte packet[256];
        std::memcpy(packet, data + at, length);
        if (length % 2 == 0 && length >= sizeof(hvfb_header)) {
            auto true_size = static_cast<std::uint32_t>(length);
            std::memcpy(packet + 4, &true_size, sizeof true_size);
        }
        give(message::decode({packet, length}));
        at += length;
    }
    return 0;
}
