#include "hvhost/rings.h"

#include <algorithm>
#include <atomic>

namespace hvhost {

namespace {

constexpr std::size_t header = 4096;
enum Field : std::size_t { write_index = 0, read_index = 4, interrupt_mask = 8, features = 64 };
constexpr std::uint32_t trailer = 8, longest_payload = 16384;

std::atomic_ref<std::uint32_t> field(std::span<std::byte> ring, Field at) {
    return std::atomic_ref(*reinterpret_cast<std::uint32_t*>(ring.data() + at));
}

void copy_to_ring(std::span<std::byte> data, std::uint32_t& at, std::span<const std::byte> bytes) {
    for (std::byte byte : bytes) {
        data[at] = byte;
        at = at + 1 == data.size() ? 0 : at + 1;
    }
}

void copy_from_ring(std::span<const std::byte> data, std::uint32_t at, std::span<std::byte> bytes) {
    for (std::byte& byte : bytes) {
        byte = data[at];
        at = at + 1 == data.size() ? 0 : at + 1;
    }
}

}  // namespace

Rings::Rings(std::span<std::byte> memory)
    : memory_(memory), size_(static_cast<std::uint32_t>(memory.size() / 2 - header)) {
    // As the kernel leaves them when a channel is opened.
    for (auto ring : {memory_.first(memory_.size() / 2), to_guest()}) {
        std::fill_n(ring.begin(), header, std::byte{0});
        field(ring, features).store(1);
    }
}

bool Rings::empty() const {
    return field(memory_, write_index).load() == in_read_;
}

bool Rings::all_taken() const {
    return field(memory_.subspan(memory_.size() / 2), read_index).load() == out_write_;
}

Rings::Taken Rings::take(Packet& packet) {
    std::span<std::byte> ring = memory_.first(memory_.size() / 2), data = ring.subspan(header);
    std::uint32_t write = field(ring, write_index).load();
    if (write >= size_ || write % 8 != 0) return Taken::corrupt;
    if (write == in_read_) return Taken::none;
    std::uint32_t available = (write + size_ - in_read_) % size_;
    if (available < sizeof(wire::VmPacket) + trailer) return Taken::corrupt;
    copy_from_ring(data, in_read_, std::as_writable_bytes(std::span(&packet.descriptor, 1)));
    std::uint32_t offset = packet.descriptor.offset8 * 8U, length = packet.descriptor.len8 * 8U;
    if (packet.descriptor.offset8 < 2 || length < offset || length + trailer > available ||
        length > longest_payload + 16)
        return Taken::corrupt;
    // The trailer must say where the packet began.
    std::uint64_t end = 0;
    copy_from_ring(data, (in_read_ + length) % size_, std::as_writable_bytes(std::span(&end, 1)));
    if (end != std::uint64_t{in_read_} << 32) return Taken::corrupt;
    packet.payload.resize(length - offset);
    copy_from_ring(data, (in_read_ + offset) % size_, packet.payload);
    in_read_ = (in_read_ + length + trailer) % size_;
    field(ring, read_index).store(in_read_);
    return Taken::packet;
}

void Rings::hold_signals() {
    field(memory_, interrupt_mask).store(1);
}

bool Rings::release_signals() {
    field(memory_, interrupt_mask).store(0);
    return !empty();
}

std::optional<bool> Rings::put(std::span<const std::byte> payload, std::uint16_t type) {
    wire::VmPacket descriptor{type, 2, static_cast<std::uint16_t>((16 + payload.size() + 7) / 8), 0, 0};
    wire::Bytes packet(std::size_t{descriptor.len8} * 8);
    std::memcpy(packet.data(), &descriptor, sizeof descriptor);
    std::copy(payload.begin(), payload.end(), packet.begin() + sizeof descriptor);
    return put_raw(packet);
}

std::optional<bool> Rings::put_raw(std::span<const std::byte> packet) {
    std::span<std::byte> ring = to_guest(), data = ring.subspan(header);
    std::uint32_t read = field(ring, read_index).load();
    // A guest that writes nonsense here is not waited for.
    if (read >= size_) return std::nullopt;
    std::uint32_t free = read > out_write_ ? read - out_write_ : size_ - out_write_ + read;
    if (free <= packet.size() + trailer) return std::nullopt;
    std::uint32_t old = out_write_;
    std::uint64_t end = std::uint64_t{old} << 32;
    copy_to_ring(data, out_write_, packet);
    copy_to_ring(data, out_write_, std::as_bytes(std::span(&end, 1)));
    field(ring, write_index).store(out_write_);
    return field(ring, interrupt_mask).load() == 0 && field(ring, read_index).load() == old;
}

}  // namespace hvhost
