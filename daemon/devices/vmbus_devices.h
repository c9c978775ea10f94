#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hvfbd {

// The class of the synthetic video device (HV_SYNTHVID_GUID in include/linux/hyperv.h of Linux), as sysfs
// takes it.
inline constexpr std::string_view synthetic_video_class = "da0a7802-e377-4aac-8e77-0558eb1073f8";

// The driver of the kernel that gives it to programs.
inline constexpr std::string_view uio_hyperv_driver = "uio_hv_generic";

// A device of the VMBus, as sysfs shows it (Documentation/ABI/stable/sysfs-bus-vmbus of Linux).
struct VmbusDevice {
    std::filesystem::path folder;        // .../bus/vmbus/devices/INSTANCE
    std::string instance;                // GUID, without braces
    std::optional<std::string> driver;   // what holds it: "hyperv_drm", "hyperv_fb", "uio_hv_generic"
    std::optional<std::string> uio;      // "uio0": its node is /dev/uio0
    std::optional<unsigned> monitor_id;  // the channel's bit in the monitor page, if it has one
};

// Every synthetic video device, sorted by instance. None if this is no Hyper-V guest, or one without a
// screen. Never throws for what sysfs holds: what cannot be read is not there. `sysfs` is "/sys", or a
// test's.
std::vector<VmbusDevice> find_synthetic_video(const std::filesystem::path& sysfs);

}  // namespace hvfbd
