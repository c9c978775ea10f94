#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/mapping.h"
#include "output/uio_device.h"

namespace hvfbd::hyperv {

// The video memory, mapped, and where the host finds it.
struct Framebuffer {
    std::span<std::byte> bytes;
    std::uint64_t address = 0;  // guest-physical
    Mapping owner;              // empty where the UIO device owns the memory
};

// Where the video memory is: what Framebuffer= and FramebufferSize= of the configuration say.
//   pci:ADDRESS/resourceN   a resource of a PCI device, such as pci:0000:00:08.0/resource0 (generation 1)
//   mem:ADDRESS+SIZE        physical memory, by /dev/mem (generation 2)
//   uio:NAME/MAP            a map of another UIO device, by the map's number or name: uio:uio1/map0
//   simulated               the simulated device's own
//   (empty)                 the simulated device's own; else the Hyper-V display adapter on PCI; else where
//   the
//                           firmware's picture is
// `size`: 0 is what the source says (simulated, uio, mem) or 8 MiB, Hyper-V's default. Never what the
// firmware says: on real hosts that is 3 MiB, whatever there is (facts of D. Cui's tests, Linux mailing list,
// 2026).
class FramebufferSource {
  public:
    struct Folders {
        std::filesystem::path sysfs = "/sys", devices = "/dev";
    };
    // Throws Refusal (invalid_arguments) if `where` is not one of the above.
    FramebufferSource(const std::string& where, std::uint64_t size, Folders folders);
    FramebufferSource(const std::string& where, std::uint64_t size)
        : FramebufferSource(where, size, Folders()) {}

    // Maps it; after the device has opened. Throws std::system_error and std::runtime_error, with what to do.
    Framebuffer open(UioDevice& device) const;

  private:
    enum class Kind { automatic, simulated, pci, memory, uio };
    Framebuffer open_pci(const std::filesystem::path& resource) const;
    Framebuffer open_memory(std::uint64_t address, std::uint64_t size) const;
    Framebuffer open_uio() const;
    Framebuffer open_found() const;

    Kind kind_ = Kind::automatic;
    std::string device_, part_;  // of pci and uio
    std::uint64_t address_ = 0;  // of memory
    std::uint64_t size_;
    Folders folders_;
};

}  // namespace hvfbd::hyperv
