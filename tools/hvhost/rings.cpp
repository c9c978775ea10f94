#include "hvhost/rings.h"

#include <algorithm>
#include <atomic>

namespace hvhost {

namespace {

constexpr std::size_t header = 4096;
enum Field : std::size_t {
    write_index = 0,
    read_index = 4,
    interrupt_mask = 8,
    pending_send_size = 12,
    features = 64
};
constexpr std::uint32_t trailer = 8;

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
    // As the kernel leaves them when a channel is opened; then the host masks what it reads.
    for (auto ring : {memory_.first(memory_.size() / 2), to_guest()}) {
        std::fill_n(ring.begin(), header, std::byte{0});
        field(ring, features).store(1);
    }
    field(memory_, interrupt_mask).store(1);
}

bool Rings::empty() const {
    return field(memory_, write_index).load() == in_read_;
}

bool Rings::all_taken() const {
    return field(memory_.subspan(memory_.size() / 2), read_index).load() == out_write_;
}

Rings::Taken Rings::take(Packet& packet) {
    std::span<std::byte> ring = memory_.first(memory_.size() / 2), data = ring.subspan(header);
    for (;;) {
        // Empty, as far as is known: opened for signals before it is looked at again.
        while (!ready_) {
            if (masked_) {
                field(ring, interrupt_mask).store(0);
                masked_ = false;
            } else if (field(ring, interrupt_mask).load() != 0) {
                return Taken::masked;
            }
            if (in_read_ == in_write_) {
                std::uint32_t write = field(ring, write_index).load();
                if (!is_index(write)) return Taken::corrupt;
                in_write_ = write;
                if (in_read_ == in_write_) return Taken::none;
            }
            ready_ = true;
        }
        if (in_read_ != in_write_) break;
        std::uint32_t write = field(ring, write_index).load();
        if (!is_index(write)) return Taken::corrupt;
        in_write_ = write;
        ready_ = in_read_ != in_write_;
    }
    std::uint32_t available = (in_write_ + size_ - in_read_) % size_;
    if (available < sizeof(wire::VmPacket)) return Taken::corrupt;
    copy_from_ring(data, in_read_, std::as_writable_bytes(std::span(&packet.descriptor, 1)));
    std::uint32_t offset = packet.descriptor.offset8 * 8U, length = packet.descriptor.len8 * 8U;
    if (packet.descriptor.offset8 < 2 || length < offset || length > available) return Taken::corrupt;
    packet.payload.resize(length - offset);
    copy_from_ring(data, (in_read_ + offset) % size_, packet.payload);
    std::uint64_t end = 0;
    copy_from_ring(data, (in_read_ + length) % size_, std::as_writable_bytes(std::span(&end, 1)));
    packet.has_its_trailer = length + trailer <= available && end == std::uint64_t{in_read_} << 32;
    in_next_ = (in_read_ + length + trailer) % size_;
    return Taken::packet;
}

bool Rings::done() {
    std::span<std::byte> ring = memory_.first(memory_.size() / 2);
    if (!masked_) {
        field(ring, interrupt_mask).store(1);
        masked_ = true;
    }
    std::uint32_t before = in_read_;
    in_read_ = in_next_;
    field(ring, read_index).store(in_read_);
    // Some guests ask for a byte less than the ring's size.
    std::uint32_t wanted = field(ring, pending_send_size).load() & ~std::uint32_t{7};
    std::uint32_t write = field(ring, write_index).load();
    return wanted != 0 && is_index(write) && room(write, before) < wanted && room(write, in_read_) >= wanted;
}

std::optional<bool> Rings::has_room(std::uint32_t bytes) {
    if (room(out_write_, out_read_) >= bytes) return true;
    std::uint32_t read = field(to_guest(), read_index).load();
    if (!is_index(read)) return std::nullopt;
    out_read_ = read;
    return room(out_write_, out_read_) >= bytes;
}

// There is no haste to write into a ring that is full: a quarter of it is waited for, if that is more.
void Rings::ask_for_room(std::uint32_t bytes) {
    pending_ = (std::max(bytes, (size_ - 8) / 4) + 7) / 8 * 8;
    field(to_guest(), pending_send_size).store(pending_);
}

Rings::Put Rings::put(std::span<const std::byte> payload, std::uint16_t type) {
    wire::VmPacket descriptor{type, 2, static_cast<std::uint16_t>((16 + payload.size() + 7) / 8), 0, 0};
    wire::Bytes packet(std::size_t{descriptor.len8} * 8);
    std::memcpy(packet.data(), &descriptor, sizeof descriptor);
    std::copy(payload.begin(), payload.end(), packet.begin() + sizeof descriptor);
    Put put = put_raw(packet);
    if (put != Put::full) return put;
    ask_for_room(static_cast<std::uint32_t>(packet.size()) + trailer);
    // The guest may have made room before it could see that it is waited for.
    return put_raw(packet);
}

Rings::Put Rings::put_raw(std::span<const std::byte> packet) {
    auto bytes = static_cast<std::uint32_t>(packet.size()) + trailer;
    if (bytes >= size_ - 8) return Put::corrupt;
    std::optional<bool> fits = has_room(bytes);
    if (!fits) return Put::corrupt;
    if (!*fits) return Put::full;
    std::span<std::byte> ring = to_guest(), data = ring.subspan(header);
    if (pending_ != 0) field(ring, pending_send_size).store(0);
    pending_ = 0;
    std::uint32_t old = out_write_;
    std::uint64_t end = std::uint64_t{old} << 32;
    copy_to_ring(data, out_write_, packet);
    copy_to_ring(data, out_write_, std::as_bytes(std::span(&end, 1)));
    field(ring, write_index).store(out_write_);
    bool wanted = field(ring, interrupt_mask).load() == 0 && field(ring, read_index).load() == old;
    return wanted ? Put::done_and_interrupt : Put::done;
}

}  // namespace hvhost
