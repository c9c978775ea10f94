#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "devices/device_memory.h"

namespace hvfbd {

// The kernel's folders, or a test's.
struct SystemFolders {
    std::filesystem::path sysfs = "/sys", devices = "/dev";
};

// A place that screen memory can be mapped from, as Framebuffer= of the configuration names it:
//   pci:ADDRESS/resourceN   a resource of a PCI device, such as pci:0000:00:08.0/resource0; also resourceN_wc
//   mem:ADDRESS+SIZE        physical memory, by /dev/mem
//   uio:NAME/MAP            a map of a UIO device, by the map's number or name: uio:uio1/map0
class FramebufferLocation {
  public:
    // Nothing: it is none of the above. Pure.
    static std::optional<FramebufferLocation> parse(std::string_view where);

    enum class Kind { pci, memory, uio };
    Kind kind() const { return kind_; }
    const std::string& device() const { return device_; }  // pci: its address; uio: "uio1"
    const std::string& part() const { return part_; }      // pci: "resource0"; uio: the map
    // The file that is mapped.
    std::filesystem::path file(const SystemFolders& folders) const;

    // Maps at most `most` bytes of it; 0: all there is. Throws std::system_error and std::runtime_error, with
    // what to do.
    DeviceMemory open(const SystemFolders& folders, std::uint64_t most) const;

  private:
    DeviceMemory open_memory(const SystemFolders& folders, std::uint64_t most) const;
    DeviceMemory open_pci(const SystemFolders& folders, std::uint64_t most) const;
    DeviceMemory open_uio(const SystemFolders& folders, std::uint64_t most) const;

    Kind kind_ = Kind::pci;
    std::string device_, part_;             // of pci and uio
    std::uint64_t address_ = 0, size_ = 0;  // of memory
};

}  // namespace hvfbd
