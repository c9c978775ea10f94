#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "hvhost/wire.h"

namespace hvhost {

// The host's ends of a channel's two rings, in memory that the guest writes as well. Borrowed memory: the
// ring from the guest first, then the one to it, halves alike, each with a header page of 4096 bytes.
class Rings {
  public:
    explicit Rings(std::span<std::byte> memory);

    struct Packet {
        wire::VmPacket descriptor;
        wire::Bytes payload;
    };
    enum class Taken { packet, none, corrupt };
    // The next packet of the guest's.
    Taken take(Packet& packet);
    // While it holds the guest does not signal. release() is true if something came meanwhile.
    void hold_signals();
    bool release_signals();
    bool empty() const;
    // The guest has taken everything that was put.
    bool all_taken() const;

    // Puts a packet into the ring to the guest. Nothing: no room. True: interrupt the guest.
    std::optional<bool> put(std::span<const std::byte> payload, std::uint16_t type = wire::in_band);
    // The same with any bytes as packet: what a host must never do.
    std::optional<bool> put_raw(std::span<const std::byte> packet);

    // For a host that means ill: every byte of both rings.
    std::span<std::byte> memory() { return memory_; }
    std::span<std::byte> to_guest() { return memory_.subspan(memory_.size() / 2); }

  private:
    std::span<std::byte> memory_;
    std::uint32_t size_;                         // of the data of one ring
    std::uint32_t in_read_ = 0, out_write_ = 0;  // ours, which the guest cannot change
};

}  // namespace hvhost
