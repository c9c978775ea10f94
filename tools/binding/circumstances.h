#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/kernel_version.h"
#include "devices/vmbus_devices.h"

namespace hvfbd {

// The driver that leaves a device of the VMBus to programs, and the module of the same name.
inline constexpr const char* uio_driver = "uio_hv_generic";

// The firmware's picture as a device of the platform bus, and what writes to it.
struct FirmwareFramebuffer {
    std::string device;                 // "simple-framebuffer.0"
    std::optional<std::string> driver;  // "simple-framebuffer", "efi-framebuffer"; nothing: nobody writes

    bool operator==(const FirmwareFramebuffer&) const = default;
};

// What this machine is like, as far as it decides whether a program can have the synthetic video device.
struct Circumstances {
    bool vmbus = false;                // there is a VMBus: a Hyper-V guest
    std::vector<VmbusDevice> devices;  // the synthetic video devices
    std::string kernel_release;        // "6.1.0-18-amd64"; empty: unknown
    // Of that release. Nothing: it has none, and counts as older than every version.
    std::optional<KernelVersion> kernel;
    std::string lockdown = "none";               // or "integrity", "confidentiality"
    std::optional<std::string> display_adapter;  // generation 1: its PCI address, "0000:00:08.0"
    std::vector<FirmwareFramebuffer> firmware;   // sorted by name
    bool uio_driver_loaded = false;              // uio_hv_generic is there
    bool host_offers_hibernation = false;        // of the whole virtual machine

    // The device that is bound to uio_hv_generic, or else the first one. Nothing: there is none.
    const VmbusDevice* device() const;
    // The device has this driver.
    static bool is_bound(const VmbusDevice& device) { return device.driver == uio_driver; }
};

// Reads them from `root`: "/", or a copy of its sys and proc for tests. What cannot be read is not there.
Circumstances read_circumstances(const std::filesystem::path& root);

// Why something cannot be, and what would mend that: two sentences, or a sentence and a command.
struct Obstacle {
    std::string sentence, mend;
};

// There is nothing to bind. Never overruled.
std::optional<Obstacle> missing_device(const Circumstances& circumstances);
// uio_hv_generic of this kernel would refuse the device, with ENOTSUPP. By the version: a distribution may
// have taken the change that lifts this into an older kernel.
std::optional<Obstacle> unsupported_channel(const Circumstances& circumstances);
// The kernel does not let programs map the video memory.
std::optional<Obstacle> locked_down(const Circumstances& circumstances);

}  // namespace hvfbd
