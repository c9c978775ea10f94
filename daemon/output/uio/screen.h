#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file_identity.h"
#include "devices/device_memory.h"
#include "devices/framebuffer_location.h"
#include "output/uio/display_adapter.h"

namespace hvfbd::uio {

// The screen memory of a device, mapped, and its registers where it is a Bochs display adapter.
struct Screen {
    std::string name;  // for people: "/dev/uio0"
    DeviceMemory memory;
    DeviceMemory registers_memory;                // what registers is a view of
    std::unique_ptr<DisplayRegisters> registers;  // null: the device has none that are known

    // The file that was mapped, and which one it was.
    std::filesystem::path file;
    std::optional<FileIdentity> identity;
    // Of a resource: the link to its driver, and where that led.
    std::filesystem::path driver_link, driver;
    // Whether that is still the device's file. The mapping works on without its driver, when the memory may
    // belong to another already; and that of a resource is taken away by a driver that comes, so that the
    // next store would be a SIGBUS (CONFIG_IO_STRICT_DEVMEM, revoke_iomem), which MappingGuard notices. One
    // or two calls of the kernel.
    bool attached() const {
        return identity && !MappingGuard::lost(memory.bytes.data()) && FileIdentity::of(file) == identity &&
               (driver_link.empty() || driver_behind(driver_link) == driver);
    }
    // Empty: there is none, or it cannot be seen; then no store lands where another driver may be.
    static std::filesystem::path driver_behind(const std::filesystem::path& link) {
        std::error_code none;
        return std::filesystem::read_symlink(link, none);
    }
};

// Opens the screen, as often as it goes away.
class ScreenPort {
  public:
    // `not_there`: nothing to be opened, until the kernel makes a device.
    struct NotThere : std::runtime_error {
        using std::runtime_error::runtime_error;
    };

    virtual ~ScreenPort() = default;
    // Throws NotThere; otherwise std::system_error and std::runtime_error, with what to do.
    virtual std::unique_ptr<Screen> open() = 0;
    // Whether whatever open() may wait for shows in the folder of devices.
    virtual bool shows_in_devices() const = 0;
};

// What the configuration says.
//   uio: /dev/NAME (a link of udev's is followed), or pci:ADDRESS, the UIO device of that PCI device
//   framebuffer: a map's number or name; nothing: the map "framebuffer", else map0, else, where the driver
//   has
//     no maps at all, the first resource of its PCI device
// or uio empty, and framebuffer a FramebufferLocation.
class KernelScreenPort : public ScreenPort {
  public:
    // Throws RequestError (invalid_arguments) for names that lead nowhere. `size`: of the screen memory at
    // most; 0: all there is.
    KernelScreenPort(std::string uio, const std::string& framebuffer, std::uint64_t size,
                     SystemFolders folders);
    std::unique_ptr<Screen> open() override;
    bool shows_in_devices() const override { return !location_; }

  private:
    std::string find_node();
    std::string find_by_number(const std::string& name);
    void map_of(const std::string& node, Screen& screen) const;
    void map_location(const FramebufferLocation& location, Screen& screen) const;

    std::string uio_, map_;                        // "uio0" or "pci:..."
    std::optional<FramebufferLocation> location_;  // instead of them
    std::uint64_t size_;
    SystemFolders folders_;
    // The device that a number meant when it was first seen. It may come back with another number, and its
    // number may be another device's then, which is not to be drawn on.
    std::filesystem::path parent_;
};

}  // namespace hvfbd::uio
