// The memory that holds the saved state: two slots, each with a sum over what it holds.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>

#include "restart/state.h"
#include "restart/state_before.h"

namespace hvfbd {

namespace {

// Of the slots and of what is before them. The objects in a slot have versions of their own, so this has no
// reason to change again.
constexpr std::uint32_t version = 6;
// What a slot held before it held CBOR: see state_before.h.
constexpr std::uint32_t version_before = 5;
constexpr std::array<char, 8> magic{'h', 'v', 'f', 'b', 'd', 's', 't', '\n'};

struct SlotHeader {
    std::uint64_t sequence, size, checksum;
};

std::span<std::byte> slot_of(std::span<std::byte> memory, std::size_t index) {
    return memory.subspan(64 + index * state_slot_size, state_slot_size);
}

SlotHeader header_of(std::span<const std::byte> slot) {
    SlotHeader header{};
    std::memcpy(&header, slot.data(), sizeof header);
    return header;
}

// FNV-1a: it has to distinguish a half-written slot from a whole one, and nothing else.
std::uint64_t checksum_of(std::uint64_t sequence, std::span<const std::byte> bytes) {
    constexpr std::uint64_t prime = 0x100000001b3;
    std::uint64_t sum = (0xcbf29ce484222325 ^ sequence) * prime;
    for (std::byte byte : bytes) sum = (sum ^ static_cast<std::uint64_t>(byte)) * prime;
    return sum;
}

// The sum also identifies the encoding: a process that restores a state of the version before writes CBOR
// beside it, and may be killed before it has written the version.
constexpr std::uint64_t of_objects = 0x6f626a65637473, of_cbor = 0x63626f72;

enum class Encoding { objects, cbor };

struct Content {
    std::span<const std::byte> bytes;  // empty: it holds nothing complete
    Encoding encoding = Encoding::cbor;
};

Content content_of(std::span<const std::byte> slot) {
    SlotHeader header = header_of(slot);
    if (header.sequence == 0 || header.size > slot.size() - sizeof header) return {};
    std::span<const std::byte> bytes = slot.subspan(sizeof header, header.size);
    std::uint64_t sum = checksum_of(header.sequence, bytes);
    if ((sum ^ of_cbor) == header.checksum) return {bytes, Encoding::cbor};
    if ((sum ^ of_objects) == header.checksum) return {bytes, Encoding::objects};
    return {};
}

}  // namespace

void format_state_memory(std::span<std::byte> memory) {
    std::memset(memory.data(), 0, 64);
    for (std::size_t index : {std::size_t{0}, std::size_t{1}})
        std::memset(slot_of(memory, index).data(), 0, sizeof(SlotHeader));
    std::memcpy(memory.data(), magic.data(), magic.size());
    std::memcpy(memory.data() + magic.size(), &version, sizeof version);
}

bool write_state(std::span<std::byte> memory, std::span<const std::byte> encoded) {
    if (encoded.size() > state_slot_size - sizeof(SlotHeader)) return false;
    // One that somebody was killed in counts for nothing, whatever its sequence says.
    auto sequence_of = [&](std::size_t index) {
        std::span<const std::byte> slot = slot_of(memory, index);
        return content_of(slot).bytes.empty() ? 0 : header_of(slot).sequence;
    };
    std::uint64_t first = sequence_of(0), second = sequence_of(1);
    // The older one, so that the newer stands until this one is whole.
    std::span<std::byte> slot = slot_of(memory, first <= second ? 0 : 1);
    SlotHeader header{std::max(first, second) + 1, encoded.size(), 0};
    header.checksum = checksum_of(header.sequence, encoded) ^ of_cbor;
    std::memcpy(slot.data(), &header, sizeof header);
    std::memcpy(slot.data() + sizeof header, encoded.data(), encoded.size());
    // Written now, and not when the compiler likes: what is done next relies on it.
    std::atomic_signal_fence(std::memory_order_seq_cst);
    std::memcpy(memory.data() + magic.size(), &version, sizeof version);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return true;
}

Decoded read_state(std::span<const std::byte> memory) {
    if (memory.size() < state_memory_size || std::memcmp(memory.data(), magic.data(), magic.size()) != 0)
        return {std::nullopt, "it is none of hvfbd's"};
    std::uint32_t found = 0;
    std::memcpy(&found, memory.data() + magic.size(), sizeof found);
    if (found != version && found != version_before)
        return {std::nullopt, "it has version " + std::to_string(found) + ", and this hvfbd reads version " +
                                  std::to_string(version_before) + " and " + std::to_string(version)};
    Content newest;
    std::uint64_t sequence = 0;
    for (std::size_t index : {std::size_t{0}, std::size_t{1}}) {
        std::span<const std::byte> slot = memory.subspan(64 + index * state_slot_size, state_slot_size);
        Content content = content_of(slot);
        if (content.bytes.empty() || header_of(slot).sequence <= sequence) continue;
        newest = content;
        sequence = header_of(slot).sequence;
    }
    if (newest.bytes.empty()) return {std::nullopt, "nothing was written yet"};
    return newest.encoding == Encoding::cbor ? decode_state(newest.bytes) : decode_state_before(newest.bytes);
}

}  // namespace hvfbd
