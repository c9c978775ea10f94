#include "binding/circumstances.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/file_reading.h"

namespace hvfbd {

namespace {

namespace fs = std::filesystem;

// "none [integrity] confidentiality": the mode in force is in brackets. No such file: a kernel without
// lockdown, or without securityfs.
std::string lockdown_mode(const fs::path& file) {
    const std::string modes = first_line_if_there(file);
    const auto open = modes.find('['), close = modes.find(']', open);
    if (open == std::string::npos || close == std::string::npos) return "none";
    return modes.substr(open + 1, close - open - 1);
}

std::optional<std::string> find_display_adapter(const fs::path& devices) {
    for (const fs::path& device : entries_if_there(devices))
        if (first_line_if_there(device / "vendor") == "0x1414" &&
            first_line_if_there(device / "device") == "0x5353")
            return device.filename();
    return std::nullopt;
}

// Made by the kernel's sysfb code, at most one of them at a time.
bool is_firmware_framebuffer(std::string_view device) {
    constexpr std::array<std::string_view, 3> kinds = {"simple-framebuffer", "efi-framebuffer",
                                                       "vesa-framebuffer"};
    return std::ranges::any_of(kinds, [&](std::string_view kind) { return device.starts_with(kind); });
}

std::vector<FirmwareFramebuffer> find_firmware_framebuffers(const fs::path& devices) {
    std::vector<FirmwareFramebuffer> found;
    for (const fs::path& device : entries_if_there(devices)) {
        if (!is_firmware_framebuffer(device.filename().native())) continue;
        FirmwareFramebuffer framebuffer = {device.filename(), std::nullopt};
        if (std::string driver = name_behind(device / "driver"); !driver.empty())
            framebuffer.driver = std::move(driver);
        found.push_back(framebuffer);
    }
    return found;
}

}  // namespace

const VmbusDevice* Circumstances::device() const {
    const auto bound = std::ranges::find_if(devices, is_bound);
    if (bound != devices.end()) return &*bound;
    return devices.empty() ? nullptr : &devices.front();
}

Circumstances read_circumstances(const fs::path& root) {
    const fs::path sysfs = root / "sys";
    Circumstances result;
    result.vmbus = is_there(sysfs / "bus/vmbus");
    result.devices = find_synthetic_video(sysfs);
    result.kernel_release = first_line_if_there(root / "proc/sys/kernel/osrelease");
    result.kernel = kernel_version(result.kernel_release);
    result.lockdown = lockdown_mode(sysfs / "kernel/security/lockdown");
    result.display_adapter = find_display_adapter(sysfs / "bus/pci/devices");
    result.firmware = find_firmware_framebuffers(sysfs / "bus/platform/devices");
    result.uio_driver_loaded = is_there(sysfs / "bus/vmbus/drivers" / uio_driver);
    result.host_offers_hibernation = first_line_if_there(sysfs / "bus/vmbus/hibernation") == "1";
    return result;
}

std::optional<Obstacle> missing_device(const Circumstances& circumstances) {
    if (!circumstances.vmbus)
        return Obstacle{"this is not a Hyper-V guest, or its VMBus driver is not loaded",
                        "if it is one, sudo modprobe hv_vmbus (Debian's kernels have it built in since Linux "
                        "7); otherwise use "
                        "another Type= in hvfbd.conf"};
    if (circumstances.devices.empty())
        return Obstacle{
            "this Hyper-V guest has no synthetic video device; isolated (confidential) virtual machines "
            "never do",
            "use another Type= in hvfbd.conf, such as memory"};
    return std::nullopt;
}

std::optional<Obstacle> unsupported_channel(const Circumstances& circumstances) {
    const VmbusDevice* const device = circumstances.device();
    constexpr KernelVersion takes_every_channel = {6, 10};
    if (device == nullptr || Circumstances::is_bound(*device) || device->monitor_id ||
        circumstances.kernel_release.empty() || circumstances.kernel >= takes_every_channel)
        return std::nullopt;
    return Obstacle{"Linux " + circumstances.kernel_release +
                        " leaves only channels with a monitor bit to programs" + ", which that of " +
                        device->instance + " does not have",
                    "use Linux 6.10 or later"};
}

std::optional<Obstacle> locked_down(const Circumstances& circumstances) {
    if (circumstances.lockdown == "none") return std::nullopt;
    return Obstacle{"the kernel is locked down (" + circumstances.lockdown +
                        "), so that no program may map the video memory, by /dev/mem or by PCI",
                    "turn Secure Boot off (Set-VMFirmware -EnableSecureBoot Off), or take lockdown= off the "
                    "kernel's command line"};
}

}  // namespace hvfbd
