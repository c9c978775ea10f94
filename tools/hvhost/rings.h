#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "hvhost/wire.h"

namespace hvhost {

// The host's ends of a channel's two rings, in memory that the guest writes as well. Borrowed memory: the
// ring from the guest first, then the one to it, halves alike, each with a header page of 4096 bytes. What it
// believes and what it does not, when it masks and when it signals are those of OpenVMM
// (vmbus_ring/src/lib.rs, vmbus_async/src/core.rs).
class Rings {
  public:
    explicit Rings(std::span<std::byte> memory);

    // ---- from the guest
    struct Packet {
        wire::VmPacket descriptor;
        wire::Bytes payload;
        bool has_its_trailer = false;  // which OpenVMM does not look at
    };
    // `masked`: by the guest, which has no business to.
    enum class Taken { packet, none, corrupt, masked };
    // The guest's next packet, which stays in the ring until done(). None: the guest signals the next one.
    Taken take(Packet& packet);
    // It leaves the ring. True: the guest waits for the room that this made; interrupt it.
    bool done();
    bool empty() const;
    std::size_t size() const { return size_; }  // bytes of data of either ring
    // The guest has taken everything that was put.
    bool all_taken() const;

    // ---- to the guest
    // `full`: the guest has been asked to signal when there is room. `corrupt`: its read index is nonsense.
    enum class Put { done, done_and_interrupt, full, corrupt };
    Put put(std::span<const std::byte> payload, std::uint16_t type = wire::in_band);
    // The same with any bytes as packet, now or not at all: what a host must never do.
    Put put_raw(std::span<const std::byte> packet);
    bool waits_for_room() const { return pending_ != 0; }

    // For a host that means ill: every byte of both rings.
    std::span<std::byte> memory() { return memory_; }
    std::span<std::byte> to_guest() { return memory_.subspan(memory_.size() / 2); }

  private:
    bool is_index(std::uint32_t index) const { return index < size_ && index % 8 == 0; }
    // How much a writer may write: never all of it, since equal indices mean empty.
    std::uint32_t room(std::uint32_t write, std::uint32_t read) const {
        return (read > write ? read - write : size_ - write + read) - 8;
    }
    // Whether that many bytes have room by now. None: the guest's index is nonsense.
    std::optional<bool> has_room(std::uint32_t bytes);
    void ask_for_room(std::uint32_t bytes);

    std::span<std::byte> memory_;
    std::uint32_t size_;  // of the data of one ring
    // Ours, which the guest cannot change; and the guest's, as they were when they were last looked at.
    std::uint32_t in_read_ = 0, in_write_ = 0, in_next_ = 0, out_write_ = 0, out_read_ = 0;
    std::uint32_t pending_ = 0;  // the room that was asked for
    bool masked_ = true, ready_ = false;
};

}  // namespace hvhost
