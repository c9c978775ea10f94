#pragma once

#include <csignal>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "devices/uio_device.h"
#include "output/hyperv/ring.h"

namespace hvfbd::hyperv {

// An open VMBus channel: the two rings of a UIO device, and the signals between their ends.
class Channel {
  public:
    // The device has opened. Throws std::runtime_error if its maps are not those of a channel. Borrowed.
    explicit Channel(UioDevice& device);

    enum class Sent { done, full, dead };
    // Puts one message into the ring, whole or not at all, and signals the host if it waits for one.
    Sent send(std::span<const std::byte> message);
    // The same with all of them.
    Sent send(std::span<const std::vector<std::byte>> messages);
    // The same from a signal handler; nothing if it interrupted send() itself.
    void send_from_signal(std::span<const std::byte> message) noexcept;

    enum class Received { message, none, dead };
    // The next packet's message into `message`; empty if that packet holds none. The one before it is
    // released then: until that, a process that restores the channel after this one receives it again.
    Received receive(std::vector<std::byte>& message);

    // Masked: the host does not interrupt while there is more to receive. unmask() is true if something came
    // before it took effect. (A send undoes mask(): the kernel's write(1) does.)
    void mask() { incoming_.mask(); }
    bool unmask() { return incoming_.unmask(); }

    // Of the ring to the host. Equal: the host has taken everything. None: what the host says cannot be.
    struct Indices {
        std::uint32_t read, write;
    };
    std::optional<Indices> to_host() {
        if (!outgoing_.sound()) return std::nullopt;
        return Indices{outgoing_.read_index(), outgoing_.write_index()};
    }
    std::size_t to_host_size() const { return outgoing_.size(); }  // bytes of its data

    // After a restore: the other process may have ended between a message and its signal.
    void signal_once() noexcept { signal(); }

  private:
    void signal() noexcept;

    UioDevice& device_;
    OutgoingRing outgoing_;
    IncomingRing incoming_;
    // The word in the monitor page, and this channel's bit in it.
    std::uint32_t* trigger_ = nullptr;
    std::uint32_t trigger_bit_ = 0;
    volatile std::sig_atomic_t sending_ = 0;
};

}  // namespace hvfbd::hyperv
