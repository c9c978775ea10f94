// A ring that the host has written, every byte of it, and writes again between two reads.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "output/hyperv/ring.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hvfbd::hyperv;
    constexpr std::size_t page = 4096, data_size = 504;
    std::vector<std::byte> memory(page + data_size);
    IncomingRing in(RingMemory(memory, page));
    OutgoingRing out(RingMemory(memory, page));
    std::vector<std::byte> received;
    std::uint16_t type = 0;
    for (std::size_t at = 0; at + 4 <= size;) {
        // Where, how much, what follows: indices and mask by a small number, data by a large one.
        std::size_t where =
            data[at] < 20 ? data[at] * 4U : page + (data[at] * 2U + data[at + 1] / 128U) % data_size;
        std::size_t length = data[at + 1] % 64;
        std::uint8_t deed = data[at + 2];
        at += 3;
        length = std::min<std::size_t>({length, size - at, memory.size() - where});
        std::memcpy(memory.data() + where, data + at, length);
        at += length;
        if (deed & 1) {
            if (in.receive(received, type) == IncomingRing::Received::packet && received.size() > data_size)
                __builtin_trap();
            in.take_signal_wanted();
        }
        if (deed & 2) {
            in.mask();
            in.unmask();
        }
        if (deed & 4) out.send(std::span(received).first(std::min<std::size_t>(received.size(), 40)));
    }
    return 0;
}
