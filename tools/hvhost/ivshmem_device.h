#pragma once

#include <string>

#include "hvhost/device.h"
#include "hvhost/fd.h"

namespace hvhost {

// For the guest of a QEMU, whose ivshmem-doorbell is connected to this one's server: docs/ivshmem.md.
class IvshmemDevice : public Device {
  public:
    // Throws std::system_error, std::runtime_error.
    IvshmemDevice(const std::string& path, std::size_t ring_size, std::size_t video_memory_size);
    IvshmemDevice(const IvshmemDevice&) = delete;
    IvshmemDevice& operator=(const IvshmemDevice&) = delete;
    // Takes it away: the machine lives on, and cannot connect to another server.
    ~IvshmemDevice() override { set_offer(0); }

    std::span<std::byte> video_memory() const override { return video_memory_; }
    std::vector<int> descriptors() const override;
    Doorbell take_doorbell() override;
    bool take_closed() override;
    bool take_opened() override;
    std::span<std::byte> rings() const override { return rings_; }
    std::uint64_t address() const override;
    bool let_in() override;
    void interrupt() override { add_to(interrupt_); }
    void take_away(bool for_good) override;
    void offer() override;

  private:
    struct Page;
    Page& page() const;
    void take_machine();
    void set_offer(std::uint32_t number);

    SharedMemory memory_;
    std::span<std::byte> rings_, video_memory_;
    Fd machines_, machine_, interrupt_, doorbell_;
    std::uint32_t offers_ = 1, opens_ = 0;  // opens_: what the guest has said last
    bool offering_ = true, open_ = false;
};

}  // namespace hvhost
