#include "output/hyperv/ring.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <utility>

namespace hvfbd::hyperv {

namespace {

constexpr std::size_t descriptor_size = 16, trailer_size = 8;
// Larger data could not be indexed by what fits the descriptor's and the header's fields.
constexpr std::size_t longest_ring = std::size_t{1} << 30;

struct PacketDescriptor {
    std::uint16_t type, offset8, length8, flags;
    std::uint64_t transaction;
};
static_assert(sizeof(PacketDescriptor) == descriptor_size);

constexpr std::uint32_t aligned8(std::size_t size) {
    return static_cast<std::uint32_t>((size + 7) & ~std::size_t{7});
}

// How much the reader may still write into, were it the writer. Equal indices: all of it.
std::uint32_t room(std::uint32_t read, std::uint32_t write, std::uint32_t size) {
    return read > write ? read - write : size - write + read;
}

}  // namespace

RingMemory::RingMemory(std::span<std::byte> ring, std::size_t page) {
    if (ring.size() < page + 64 || page < 128 || ring.size() > longest_ring || (ring.size() - page) % 8 != 0)
        throw std::invalid_argument("a ring of " + std::to_string(ring.size()) + " bytes");
    header_ = ring.first(page);
    data_ = ring.subspan(page);
}

std::uint32_t RingMemory::load(std::size_t offset) const {
    return std::atomic_ref(*reinterpret_cast<std::uint32_t*>(header_.data() + offset)).load();
}

void RingMemory::store(std::size_t offset, std::uint32_t value) {
    std::atomic_ref(*reinterpret_cast<std::uint32_t*>(header_.data() + offset)).store(value);
}

std::uint32_t RingMemory::copy_in(std::uint32_t at, std::span<const std::byte> bytes) {
    std::size_t first = std::min<std::size_t>(bytes.size(), size() - at);
    std::ranges::copy(bytes.first(first), data_.subspan(at).begin());
    std::ranges::copy(bytes.subspan(first), data_.begin());
    return static_cast<std::uint32_t>((at + bytes.size()) % size());
}

void RingMemory::copy_out(std::uint32_t at, std::span<std::byte> bytes) const {
    std::size_t first = std::min<std::size_t>(bytes.size(), size() - at);
    std::ranges::copy(data_.subspan(at, first), bytes.begin());
    std::ranges::copy(data_.first(bytes.size() - first), bytes.subspan(first).begin());
}

OutgoingRing::OutgoingRing(RingMemory memory)
    : memory_(memory),
      write_index_(memory.write_index()),
      read_index_(memory.read_index()),
      corrupt_(!memory.valid(write_index_) || !memory.valid(read_index_)) {}

bool OutgoingRing::sound() {
    if (corrupt_) return false;
    std::uint32_t read = memory_.read_index(), size = memory_.size();
    // An index that goes back would let a ring be full for ever and its reader look alive.
    corrupt_ = !memory_.valid(read) ||
               (read + size - read_index_) % size > (write_index_ + size - read_index_) % size;
    if (!corrupt_) read_index_ = read;
    return !corrupt_;
}

bool OutgoingRing::has_room(std::size_t bytes) {
    return !sound() || room(read_index_, write_index_, memory_.size()) > bytes;
}

OutgoingRing::Sent OutgoingRing::send(std::span<const std::byte> payload) {
    std::uint32_t length = aligned8(descriptor_size + payload.size());
    std::uint32_t total = length + trailer_size;
    if (!sound()) return Sent::corrupt;
    if (room(read_index_, write_index_, memory_.size()) <= total) return Sent::full;

    PacketDescriptor descriptor{packet_in_band, descriptor_size / 8, static_cast<std::uint16_t>(length / 8),
                                0, ++transaction_};
    static constexpr std::array<std::byte, 8> zeros{};
    std::uint32_t old_write = write_index_, at = old_write;
    at = memory_.copy_in(at, std::as_bytes(std::span(&descriptor, 1)));
    at = memory_.copy_in(at, payload);
    at = memory_.copy_in(at, std::span(zeros).first(length - descriptor_size - payload.size()));
    std::uint64_t trailer = std::uint64_t{old_write} << 32;
    at = memory_.copy_in(at, std::as_bytes(std::span(&trailer, 1)));
    write_index_ = at;
    memory_.set_write_index(at);

    // The host may have emptied the ring since it was asked: it is asked again, after the packet can be seen.
    bool wanted = memory_.interrupt_mask() == 0;
    bool was_empty = memory_.read_index() == old_write;
    return wanted && was_empty ? Sent::done_and_signal : Sent::done;
}

IncomingRing::IncomingRing(RingMemory memory)
    : memory_(memory), read_index_(memory.read_index()), corrupt_(!memory.valid(read_index_)) {}

IncomingRing::Received IncomingRing::receive(std::vector<std::byte>& payload, std::uint16_t& type) {
    Received received = peek(payload, type);
    release();
    return received;
}

IncomingRing::Received IncomingRing::peek(std::vector<std::byte>& payload, std::uint16_t& type) {
    release();
    std::uint32_t write = memory_.write_index();
    if (corrupt_ || !memory_.valid(write)) {
        corrupt_ = true;
        return Received::corrupt;
    }
    if (write == read_index_) return Received::none;
    std::uint32_t available = memory_.size() - room(read_index_, write, memory_.size());
    corrupt_ = true;  // unless all of the following holds
    // mutants: where there is less, the packet is longer than that as well.
    if (available < descriptor_size + trailer_size) return Received::corrupt;
    PacketDescriptor descriptor{};
    memory_.copy_out(read_index_, std::as_writable_bytes(std::span(&descriptor, 1)));
    std::uint32_t length = std::uint32_t{descriptor.length8} * 8,
                  offset = std::uint32_t{descriptor.offset8} * 8;
    if (offset < descriptor_size || length < offset || length > longest_packet ||
        length + trailer_size > available)
        return Received::corrupt;
    corrupt_ = false;
    type = descriptor.type;
    payload.resize(length - offset);
    memory_.copy_out((read_index_ + offset) % memory_.size(), payload);
    unreleased_ = length + trailer_size;
    return Received::packet;  // mutants: it is the first of its enumeration
}

void IncomingRing::release() {
    std::uint32_t total = std::exchange(unreleased_, 0);
    if (total == 0) return;
    read_index_ = (read_index_ + total) % memory_.size();
    memory_.set_read_index(read_index_);

    // The threshold is crossed once: from not more to more in Linux (hv_pkt_iter_close), from less to not
    // less in OpenVMM (commit_read). Either wakes a host of either kind; the low bits are flags. The write
    // index is read again: what the host wrote since, it may be waiting behind.
    std::uint32_t write = memory_.write_index();
    std::uint32_t pending = memory_.pending_send_size() & ~std::uint32_t{7};
    if ((memory_.feature_bits() & 1) != 0 && pending != 0 && memory_.valid(write)) {
        std::uint32_t new_room = room(read_index_, write, memory_.size());
        std::uint32_t old_room = new_room - std::min(new_room, total);
        if (old_room <= pending && new_room >= pending) signal_wanted_ = true;
    }
}

bool IncomingRing::take_signal_wanted() {
    return std::exchange(signal_wanted_, false);
}

bool IncomingRing::unmask() {
    memory_.set_interrupt_mask(0);
    return memory_.write_index() != read_index_;
}

}  // namespace hvfbd::hyperv
