#pragma once

#include <optional>
#include <string>

#include "hvhost/device.h"
#include "hvhost/fd.h"

namespace hvhost {

// For a program of the same machine: docs/simulated-uio.md.
class SimulatedDevice : public Device {
  public:
    struct Options {
        std::size_t ring_size, video_memory_size;  // bytes
        std::uint64_t address;
        std::optional<unsigned> monitor;  // the channel's bit in the monitor page
    };
    // Throws std::system_error.
    SimulatedDevice(const std::string& path, const Options& options);

    std::span<std::byte> video_memory() const override { return video_memory_.bytes(); }
    std::vector<int> descriptors() const override;
    Doorbell take_doorbell() override;
    bool take_closed() override;
    bool take_opened() override;
    std::span<std::byte> rings() const override;
    std::uint64_t address() const override { return options_.address; }
    bool let_in() override;
    void interrupt() override;
    void take_away(bool for_good) override;
    void offer() override { offering_ = true; }

  private:
    // One guest that has opened it.
    struct Connection {
        Fd socket, interrupt, doorbell;
        SharedMemory rings, monitor_page;
    };
    bool take_monitor_bit();

    Options options_;
    SharedMemory video_memory_;
    Fd guests_;
    std::optional<Connection> guest_;
    bool offering_ = true;
};

}  // namespace hvhost
