#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

// The two rings of a VMBus channel in memory that the host writes at the same time, and is not trusted: every
// index is checked, every packet is copied out before it is examined. Layout and rules:
// include/linux/hyperv.h (struct hv_ring_buffer, struct vmpacket_descriptor) and drivers/hv/ring_buffer.c of
// Linux.
namespace hvfbd::hyperv {

inline constexpr std::uint16_t packet_in_band = 6;  // VM_PKT_DATA_INBAND
// MAX_VMBUS_PKT_SIZE of Linux's drivers and OpenVMM: a longer packet is not one.
inline constexpr std::size_t longest_packet = 16384;

// The header of a ring and its data, which may have any size that is a multiple of 8. Borrowed memory.
class RingMemory {
  public:
    // One ring: a page of header (`page`: of the guest's kernel), then the data. Throws std::invalid_argument
    // if that is too small to be one.
    RingMemory(std::span<std::byte> ring, std::size_t page);

    std::uint32_t size() const { return static_cast<std::uint32_t>(data_.size()); }
    // An index that is inside the data and aligned; anything else is the host's doing.
    bool valid(std::uint32_t index) const { return index < size() && index % 8 == 0; }

    // Sequentially consistent, all of them: whoever publishes an index and then reads the other side's mask,
    // and whoever opens its mask and then reads the other's index, must not both miss what the other did. A
    // release and an acquire alone would let them.
    std::uint32_t write_index() const { return load(write_index_at); }
    std::uint32_t read_index() const { return load(read_index_at); }
    std::uint32_t interrupt_mask() const { return load(interrupt_mask_at); }
    std::uint32_t pending_send_size() const { return load(pending_send_size_at); }
    std::uint32_t feature_bits() const { return load(feature_bits_at); }
    void set_write_index(std::uint32_t value) { store(write_index_at, value); }
    void set_read_index(std::uint32_t value) { store(read_index_at, value); }
    void set_interrupt_mask(std::uint32_t value) { store(interrupt_mask_at, value); }

    // Copy over the end of the data to its beginning. Returns the index after.
    std::uint32_t copy_in(std::uint32_t at, std::span<const std::byte> bytes);
    void copy_out(std::uint32_t at, std::span<std::byte> bytes) const;

  private:
    static constexpr std::size_t write_index_at = 0, read_index_at = 4, interrupt_mask_at = 8,
                                 pending_send_size_at = 12, feature_bits_at = 64;
    std::uint32_t load(std::size_t offset) const;
    void store(std::size_t offset, std::uint32_t value);

    std::span<std::byte> header_, data_;
};

// Guest to host.
class OutgoingRing {
  public:
    explicit OutgoingRing(RingMemory memory);

    // `done_and_signal`: the ring was empty and the host wants a signal.
    enum class Sent { done, done_and_signal, full, corrupt };
    // Writes one in-band packet, or nothing. Never fills the ring: an index that has caught up means empty.
    // Safe in a signal handler.
    Sent send(std::span<const std::byte> payload);

    static constexpr std::size_t overhead = 16 + 8;  // descriptor and trailer
    // How many bytes of the ring a payload takes.
    static constexpr std::size_t packet_size(std::size_t payload) { return (payload + 7) / 8 * 8 + overhead; }
    // For packets of that many bytes together. True as well if the ring is corrupt, as send() will say.
    bool has_room(std::size_t bytes);
    // Whether what the host says of the ring can be: it reads only what was written, and nothing twice. False
    // once, and it stays so.
    bool sound();
    std::size_t size() const { return memory_.size(); }
    // Up to what the host has read, as it was at the last sound(); and up to what was written.
    std::uint32_t read_index() const { return read_index_; }
    std::uint32_t write_index() const { return write_index_; }

  private:
    RingMemory memory_;
    // Ours alone: what stands in the ring could be the host's.
    std::uint32_t write_index_;
    std::uint32_t read_index_;
    std::uint64_t transaction_ = 0;
    bool corrupt_;
};

// Host to guest.
class IncomingRing {
  public:
    explicit IncomingRing(RingMemory memory);

    enum class Received { packet, none, corrupt };
    // Takes the next packet: its payload into `payload` (at most longest_packet), its type. After `corrupt`
    // nothing in the ring can be believed any more.
    Received receive(std::vector<std::byte>& payload, std::uint16_t& type);
    // The same in two steps: what is not released is received again by whoever restores the ring after
    // this process.
    Received peek(std::vector<std::byte>& payload, std::uint16_t& type);
    void release();
    // The host waits for room and what was received made it: signal it. Asks once.
    bool take_signal_wanted();

    // Between the two the host does not interrupt.
    void mask() { memory_.set_interrupt_mask(1); }
    // True: something came meanwhile and was not announced; receive again.
    bool unmask();

  private:
    RingMemory memory_;
    std::uint32_t read_index_;
    std::uint32_t unreleased_ = 0;  // bytes
    bool signal_wanted_ = false, corrupt_;
};

}  // namespace hvfbd::hyperv
