#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace hvfbd {

// A device of the VMBus, as sysfs shows it (Documentation/ABI/stable/sysfs-bus-vmbus of Linux).
struct VmbusDevice {
    std::filesystem::path folder;        // .../bus/vmbus/devices/INSTANCE
    std::string instance;                // GUID, without braces
    std::optional<std::string> driver;   // what holds it: "hyperv_drm", "hyperv_fb", "uio_hv_generic"
    std::optional<std::string> uio;      // "uio0": its node is /dev/uio0
    std::optional<unsigned> monitor_id;  // the channel's bit in the monitor page, if it has one
};

// Every synthetic video device (class da0a7802-e377-4aac-8e77-0558eb1073f8), sorted by instance. None if this
// is no Hyper-V guest. `sysfs` is "/sys", or a test's.
std::vector<VmbusDevice> find_synthetic_video(const std::filesystem::path& sysfs);

}  // namespace hvfbd
