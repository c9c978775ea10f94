#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"

namespace hvfbd {

// A memory map of a device: its bytes, and where the host or the bus finds them.
struct UioMap {
    std::span<std::byte> bytes;
    std::uint64_t address = 0;
};

// An open UIO device: memory maps and an interrupt. Opening it opens the channel behind it, destroying it
// closes that. On the loop's thread; nothing blocks.
class UioDevice {
  public:
    virtual ~UioDevice() = default;

    // Readable, or hung up, when acknowledge() has something to say. Borrowed.
    virtual int descriptor() const = 0;

    // `opening`: not there yet, wait for the descriptor. `gone`: rescinded or unplugged, for good.
    enum class Interrupt { opening, none, some, gone };
    // Takes all interrupts there were. Throws std::system_error, with what was tried on what, where the
    // device cannot be opened with what its other side has said; then it is to be closed.
    virtual Interrupt acknowledge() = 0;

    // Valid once acknowledge() has said none or some; as long as the device. Nothing: it has no such map.
    virtual std::optional<UioMap> map(std::string_view name) = 0;
    // The channel's bit in the monitor page, if it has one.
    virtual std::optional<unsigned> monitor_id() const = 0;

    // What UioPort::restore() takes in another process while this device is open, or after this process has
    // ended.
    struct Saved {
        std::string text;
        std::vector<int> descriptors;  // borrowed
    };
    // Nothing: it has not opened yet, or is gone.
    virtual std::optional<Saved> save() const { return std::nullopt; }

    // Signals the other side that there is something for it, and lets it interrupt. A device that is gone
    // says so with the next acknowledge(). Safe in a signal handler.
    virtual void signal() noexcept = 0;
};

// Opens the device, as often as it goes away.
class UioPort {
  public:
    virtual ~UioPort() = default;
    // Throws std::system_error, with what was tried on what: not there (yet), no rights.
    virtual std::unique_ptr<UioDevice> open() = 0;
    // Restores a device that another process opened and that was not closed since: its channel is as it was.
    // Null: this is no device of this port. Throws std::system_error.
    // NOLINTBEGIN(performance-unnecessary-value-param): those who can restore it own the descriptors
    virtual std::unique_ptr<UioDevice> restore(const std::string& /*text*/,
                                               std::vector<Descriptor> /*descriptors*/) {
        return nullptr;
    }
    // NOLINTEND(performance-unnecessary-value-param)
};

}  // namespace hvfbd
