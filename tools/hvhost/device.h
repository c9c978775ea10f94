#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace hvhost {

// The synthetic video device on its way to a guest, which has it open once at a time. Nothing blocks; one
// thread.
class Device {
  public:
    virtual ~Device() = default;

    // As long as the device.
    virtual std::span<std::byte> video_memory() const = 0;
    // Readable, or hung up, when one of the questions below may have another answer. -1: none. The first is
    // where somebody new connects.
    virtual std::vector<int> descriptors() const = 0;

    // ---- Asked in this order
    enum class Doorbell { silent, rung, rung_without_monitor_bit };
    virtual Doorbell take_doorbell() = 0;
    // True: who had it open has closed it, or is gone, and its rings with it.
    virtual bool take_closed() = 0;
    // True: it has been opened. The guest waits until it is let in, when the rings are as it shall find them.
    // Throws std::system_error where there are no descriptors or memory for it; it may be asked again.
    virtual bool take_opened() = 0;
    virtual std::span<std::byte> rings() const = 0;
    virtual std::uint64_t address() const = 0;  // of the video memory, for the guest
    // False: it has gone meanwhile.
    virtual bool let_in() = 0;

    virtual void interrupt() = 0;
    // Closes it. For good: until it is offered again.
    virtual void take_away(bool for_good) = 0;
    virtual void offer() = 0;
};

}  // namespace hvhost
