#pragma once

#include <optional>
#include <string>

#include "devices/device_memory.h"
#include "devices/framebuffer_location.h"
#include "devices/uio_device.h"

namespace hvfbd::hyperv {

using Framebuffer = DeviceMemory;

// Where the video memory is: what Framebuffer= and FramebufferSize= of the configuration say.
//   pci:, mem:, uio:        FramebufferLocation
//   simulated               the simulated device's own
//   (empty)                 the simulated device's own; else the Hyper-V display adapter on PCI (generation
//   1);
//                           else where the firmware's picture is (generation 2)
// `size`: 0 is what the source says (simulated, uio, mem) or 8 MiB, Hyper-V's default. Never what the
// firmware says: on real hosts that is 3 MiB, whatever there is (facts of D. Cui's tests, Linux mailing list,
// 2026).
class FramebufferSource {
  public:
    // Throws RequestError (invalid_arguments) if `where` is not one of the above.
    FramebufferSource(const std::string& where, std::uint64_t size, SystemFolders folders);
    FramebufferSource(const std::string& where, std::uint64_t size)
        : FramebufferSource(where, size, SystemFolders()) {}

    // Maps it; after the device has opened. Throws std::system_error and std::runtime_error, with what to do.
    Framebuffer open(UioDevice& device) const;

  private:
    Framebuffer open(const FramebufferLocation& location) const;
    Framebuffer open_found() const;

    bool simulated_ = false;
    std::optional<FramebufferLocation> location_;
    std::uint64_t size_;
    SystemFolders folders_;
};

}  // namespace hvfbd::hyperv
