// Any bytes as the state that another process left: read or refused, and what is read is read again as it
// was.
#include <algorithm>
#include <cstring>

#include "output/hyperv/saved_output.h"
#include "restart/state.h"
#include "restart/state_before.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace hvfbd;
    std::span<const std::byte> bytes(reinterpret_cast<const std::byte*>(data), size);
    // Whichever encoding they are taken for.
    for (const Decoded& decoded : {decode_state(bytes), decode_state_before(bytes)}) {
        if (decoded.state.has_value() != decoded.why.empty()) __builtin_trap();
        if (!decoded.state) continue;
        std::vector<std::byte> again;
        encode(*decoded.state, again);
        if (decode_state(again).state != decoded.state) __builtin_trap();
        for (const SavedDisplay& display : decoded.state->displays)
            for (const SavedSurface& surface : display.surfaces)
                if (surface.number == 0 ||
                    surface.layout.size < std::size_t{surface.layout.stride} * surface.layout.height)
                    __builtin_trap();
    }
    // The head of each slot is the fuzzer's as well: sizes and sequences that cannot be.
    static std::vector<std::byte> memory(state_memory_size);
    std::size_t head = std::min<std::size_t>(size, 1024);
    format_state_memory(memory);
    if (size > 0) {
        std::memcpy(memory.data() + 64, data, head);
        std::memcpy(memory.data() + 64 + state_slot_size, data + size - head, head);
        if (data[0] % 2) std::memcpy(memory.data(), data, std::min<std::size_t>(size, 64));
    }
    read_state(memory);
    hyperv::decode_saved_output({reinterpret_cast<const char*>(data), size});
    return 0;
}
