// Packets that a host could send, decoded and heard by a session: whatever they are, it asks for no more than
// it should, and its picture fits the video memory.
#include <cstdint>
#include <cstring>

#include "output/hyperv/session.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hvfbd;
    using namespace hvfbd::hyperv;
    constexpr std::uint64_t address = 0xf8000000, vram = 2 << 20;
    Session session({});
    Time now{std::chrono::hours(1)};
    session.opened(address, vram, now);
    for (std::size_t at = 0; at + 2 < size;) {
        // One byte says what else happens, one how long the packet is.
        std::uint8_t deed = data[at++];
        std::size_t length = data[at++];
        length = length < size - at ? length : size - at;
        std::byte packet[256 + 16] = {};
        std::size_t begin = 0;
        // Most with good headers, so that the fuzzer need not find them out: a type, then the body.
        if ((deed & 3) != 0 && length > 0) {
            packet[0] = std::byte{1};
            packet[8] = static_cast<std::byte>(data[at]);
            begin = 15;
        }
        std::memcpy(packet + begin, data + at, length);
        if (begin != 0) packet[15] = std::byte{0};
        at += length;
        session.received(synthvid::decode(std::span(packet).first(begin + length)), now);
        if ((deed & 4) != 0) now += std::chrono::seconds(deed >> 3);
        session.time_passed(now);
        unsigned said = 0;
        while (session.next_message()) {
            session.sent(now);
            if (++said > 6) __builtin_trap();
        }
        Mode mode = session.mode();
        if (session.active() && std::uint64_t{mode.width} * mode.height * 4 > vram) __builtin_trap();
        for (Mode listed : session.modes())
            if (std::uint64_t{listed.width} * listed.height * 4 > vram) __builtin_trap();
        if (session.failure()) {
            session.closed(now);
            now += std::chrono::seconds(60);
            if (!session.wants_channel(now)) __builtin_trap();
            session.opened(address, vram, now);
        }
    }
    return 0;
}
