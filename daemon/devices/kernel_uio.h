#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "devices/uio_device.h"

namespace hvfbd {

// The kernel's /dev/uioN, with its maps as sysfs names them (drivers/uio/uio.c of Linux).
class KernelUioPort : public UioPort {
  public:
    struct Where {
        std::string name;                    // "uio0"
        std::optional<unsigned> monitor_id;  // of its VMBus channel
    };
    // `find` is asked at each open: a device that comes back may have another number. It throws
    // std::system_error when there is none. The folders are /sys and /dev, or a test's.
    KernelUioPort(std::function<Where()> find, std::filesystem::path sysfs, std::filesystem::path devices)
        : find_(std::move(find)), sysfs_(std::move(sysfs)), devices_(std::move(devices)) {}
    std::unique_ptr<UioDevice> open() override;
    std::unique_ptr<UioDevice> restore(const std::string& text, std::vector<Descriptor> descriptors) override;

  private:
    bool is_another_now(const std::string& name) const;

    std::function<Where()> find_;
    std::filesystem::path sysfs_, devices_;
};

}  // namespace hvfbd
